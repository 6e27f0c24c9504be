"""`sharp-batch model list|fetch|info`: the predictors and their weights."""

from __future__ import annotations

from pathlib import Path

import typer

from jobs.commands import options
from jobs.console.output import Output, size_text
from schemas.settings import ModelName

models = typer.Typer(
    help="The predictors and their weights.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(models, name="model")


@models.command("list")
def list_models(
    json: options.Json = False, quiet: options.Quiet = False, verbose: options.Verbose = False
) -> None:
    """List the predictors, and whether their weights are here."""
    from sharp_core.models.sharp.checkpoint import find_checkpoint

    path = find_checkpoint()
    rows = [
        {"model": ModelName.SHARP.value, "available": path is not None, "weights": path},
        {"model": ModelName.PRIOR.value, "available": True, "weights": None},
    ]
    text = f"sharp  {path or 'weights not here yet: sharp-batch model fetch'}\nprior  needs none"
    Output(json, quiet, verbose).result(rows, text)


@models.command("fetch")
def fetch(
    json: options.Json = False, quiet: options.Quiet = False, verbose: options.Verbose = False
) -> None:
    """Download the weights of 'sharp' (research licence), or what is missing of them."""
    from jobs.console.download_progress import download_progress
    from sharp_core.models.sharp.checkpoint import find_checkpoint

    output = Output(json, quiet, verbose)
    with download_progress(output) as fetching:
        path = find_checkpoint() or fetching.fetch()
    _show(path, output)


@models.command("info")
def info(
    checkpoint: options.Checkpoint = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show size, SHA-256 and fingerprint of the weights of 'sharp'."""
    from schemas.errors import WeightsError
    from sharp_core.models.sharp.checkpoint import find_checkpoint

    path = find_checkpoint(checkpoint)
    if path is None:
        raise WeightsError(
            "the weights of 'sharp' are not on this machine", "Get them: sharp-batch model fetch"
        )
    _show(path, Output(json, quiet, verbose))


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
