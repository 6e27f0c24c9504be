"""`sharp-batch predict`: one photo to one splat file, without a library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import WithoutFields, with_options
from jobs.commands.options import PlainOutput, check_are_here
from jobs.console.output import size_text, time_text
from schemas.settings import ModelSettings, PhotoSettings

if TYPE_CHECKING:
    from pipeline.flow.predict_file import Prediction

# One photo that is named is predicted whatever its size and shape.
_PhotoSettings = Annotated[
    PhotoSettings, WithoutFields(["allow_small", "allow_wide", "allow_360", "forget_focal"])
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predict")(with_options(predict))


def predict(
    photo: Annotated[Path, typer.Argument(help="The photo.")],
    to: Annotated[
        Path, typer.Option("--output", "-o", help="Output file; the suffix sets the format.")
    ],
    model: ModelSettings,
    photo_settings: _PhotoSettings,
    output: PlainOutput,
) -> None:
    """Make a scene of one photo, of any size and shape, and write it as a splat file."""
    check_are_here(photo, to)
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.console.download_progress import download_progress
    from pipeline.flow.model import resolve_device, resolve_model
    from pipeline.flow.predict_file import check_paths, predict_file

    check_paths(photo, to)
    resolve_device(model.device)
    with download_progress(output) as fetching:
        resolved = resolve_model(model, fetching)
    settings = replace(photo_settings, allow_small=True, allow_wide=True, allow_360=True)
    prediction = predict_file(photo, to, resolved, settings)
    output.result({**prediction.as_dict(), "model": model.model}, _text(prediction))


def _text(prediction: Prediction) -> str:
    text = (
        f"{prediction.splat_path}: {prediction.gaussians} Gaussians, "
        f"{size_text(prediction.splat_bytes)}, in {time_text(prediction.seconds)}\n"
        f"{prediction.width} x {prediction.height} px, focal length {prediction.focal_px:.1f} px "
        f"({prediction.focal_source}), depth {prediction.depth_near_m:.2f} to "
        f"{prediction.depth_far_m:.2f} m (scale: {prediction.scale_source})"
    )
    return text + (f"\n{prediction.focal_warning}" if prediction.focal_warning else "")
