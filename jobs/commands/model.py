"""`sharp-batch model list|fetch|info`: the predictors and their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.option_groups import Only, with_options
from jobs.commands.options import PlainOutput
from jobs.console.output import Output, size_text
from schemas.settings import ModelName, ModelSettings

models = typer.Typer(
    help="The predictors and their weights.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(models, name="model")


@models.command("list")
@with_options
def list_models(output: PlainOutput) -> None:
    """List the predictors, and whether their weights are here."""
    from sharp_core.models.sharp.checkpoint import find_checkpoint

    path = find_checkpoint()
    rows = [
        {"model": ModelName.SHARP.value, "available": path is not None, "weights": path},
        {"model": ModelName.PRIOR.value, "available": True, "weights": None},
    ]
    text = f"sharp  {path or 'weights not here yet: sharp-batch model fetch'}\nprior  needs none"
    output.result(rows, text)


@models.command("fetch")
@with_options
def fetch(output: PlainOutput) -> None:
    """Download the weights of 'sharp' (research licence), or what is missing of them."""
    from jobs.console.download_progress import download_progress
    from sharp_core.models.sharp.checkpoint import find_checkpoint

    with download_progress(output) as fetching:
        path = find_checkpoint() or fetching.fetch()
    _show(path, output)


@models.command("info")
@with_options
def info(
    settings: Annotated[ModelSettings, Only(["checkpoint"])],
    output: PlainOutput,
) -> None:
    """Show size, SHA-256 and fingerprint of the weights of 'sharp'."""
    from schemas.errors import WeightsError
    from sharp_core.models.sharp.checkpoint import find_checkpoint

    path = find_checkpoint(settings.checkpoint)
    if path is None:
        raise WeightsError(
            "the weights of 'sharp' are not on this machine", "Get them: sharp-batch model fetch"
        )
    _show(path, output)


def _show(path: Path, output: Output) -> None:
    from sharp_core.models.sharp.checkpoint import inspect_checkpoint

    found = inspect_checkpoint(path)
    document = {
        "model": ModelName.SHARP.value,
        "path": found.path,
        "bytes": found.size,
        "sha256": found.sha256,
        "fingerprint": found.fingerprint,
    }
    text = (
        f"{found.path}: {size_text(found.size)}\nSHA-256      {found.sha256}\n"
        f"fingerprint  {found.fingerprint}"
    )
    output.result(document, text)
