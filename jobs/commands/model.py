"""`sharp-batch model list|fetch|info`: the models and their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.option_groups import OnlyFields, with_options
from jobs.commands.options import PlainOutput
from jobs.console.output import Output, size_text
from schemas.errors import UsageError, WeightsMissingError
from schemas.settings import ModelSettings
from sharp_core.models.entry import DownloadedWeights, ModelEntry
from sharp_core.models.registry import MODELS

models = typer.Typer(
    help="List models, download their weights.", no_args_is_help=True, rich_markup_mode=None
)
_WITH_WEIGHTS = [model.name for model in MODELS if model.needs_download]
_Name = Annotated[
    str,
    typer.Argument(
        help="A model with weights to download.", metavar=f"[{'|'.join(_WITH_WEIGHTS)}]"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(models, name="model")


@models.command("list")
@with_options
def list_models(output: PlainOutput) -> None:
    """List the models and whether their weights are available."""
    rows, lines = [], []
    for model in MODELS:
        path = model.weights.source.get().find_checkpoint() if model.weights is not None else None
        is_available = path is not None or not model.needs_download
        rows.append({"model": model.name, "available": is_available, "weights": path})
        if not model.needs_download:
            text = "needs no download"
        else:
            text = str(path or f"not downloaded: sharp-batch model fetch {model.name}")
        lines.append(f"{model.name:6} {text}")
    output.result(rows, "\n".join(lines))


@models.command("fetch")
@with_options
def fetch(output: PlainOutput, name: _Name = _WITH_WEIGHTS[0]) -> None:
    """Download a model's weights or resume a download; the licence is shown first."""
    from jobs.console.download_progress import download_progress

    model, weights = _with_weights(name)
    with download_progress(output) as fetching:
        path = weights.source.get().find_checkpoint() or fetching.fetch(weights)
    _show(model, weights, path, output)


@models.command("info")
@with_options
def info(
    settings: Annotated[ModelSettings, OnlyFields(["checkpoint"])],
    output: PlainOutput,
    name: _Name = _WITH_WEIGHTS[0],
) -> None:
    """Show size, SHA-256 and fingerprint of the weights of a model."""
    model, weights = _with_weights(name)
    path = weights.source.get().find_checkpoint(settings.checkpoint)
    if path is None:
        raise WeightsMissingError.of_model(name)
    _show(model, weights, path, output)


def _with_weights(name: str) -> tuple[ModelEntry, DownloadedWeights]:
    """Return a model and its weights. Raises UsageError where it needs no download."""
    model = MODELS.get(name)
    if model.weights is None:
        raise UsageError(
            f"the model {name!r} needs no download", f"Name one of {', '.join(_WITH_WEIGHTS)}."
        )
    return model, model.weights


def _show(model: ModelEntry, weights: DownloadedWeights, path: Path, output: Output) -> None:
    found = weights.source.get().inspect_checkpoint(path)
    document = {
        "model": model.name,
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
