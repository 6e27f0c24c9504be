"""`sharp-batch predict`: one photo to one splat file, without a library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import options
from jobs.console.output import Output, size_text, time_text
from schemas.settings import Device, DType, ModelName, ModelSettings, PhotoSettings, Preset

if TYPE_CHECKING:
    from pipeline.flow.predict_file import Prediction


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predict")(predict)


def predict(
    photo: Annotated[Path, typer.Argument(help="The photo.")],
    to: Annotated[
        Path, typer.Option("--output", "-o", help="Where the splat goes; its ending is the format.")
    ],
    model: options.Model = ModelName.SHARP,
    checkpoint: options.Checkpoint = None,
    preset: options.PresetOption = Preset.SHARP,
    device: options.DeviceOption = Device.AUTO,
    dtype: options.DTypeOption = DType.AUTO,
    focal_mm: options.FocalMm = None,
    full_raw: Annotated[
        bool, typer.Option("--full-raw", help="Develop a camera RAW instead of its preview.")
    ] = False,
    no_photo_depth: Annotated[
        bool,
        typer.Option("--no-photo-depth", help="Ignore the depth that some phones store."),
    ] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make one photo a scene, of any size and shape, and write it as a splat file."""
    options.check_are_here(photo, to)
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.console.download_progress import download_progress
    from pipeline.flow.model import resolve_device, resolve_model
    from pipeline.flow.predict_file import check_paths, predict_file

    output = Output(json, quiet, verbose)
    settings = ModelSettings(
        model, os.fspath(checkpoint) if checkpoint else None, preset, device, dtype
    )
    photo_settings = PhotoSettings(
        focal_mm,
        allow_small=True,
        allow_wide=True,
        full_raw=full_raw,
        photo_depth=not no_photo_depth,
    )
    check_paths(photo, to)
    resolve_device(device)
    with download_progress(output) as fetching:
        resolved = resolve_model(settings, fetching)
    prediction = predict_file(photo, to, resolved, photo_settings)
    output.result({**prediction.as_dict(), "model": model.value}, _text(prediction))


def _text(prediction: Prediction) -> str:
    text = (
        f"{prediction.splat_path}: {prediction.gaussians} Gaussians, "
        f"{size_text(prediction.splat_bytes)}, in {time_text(prediction.seconds)}\n"
        f"{prediction.width} x {prediction.height} px, focal length {prediction.focal_px:.1f} px "
        f"({prediction.focal_source}), depth {prediction.depth_near_m:.2f} to "
        f"{prediction.depth_far_m:.2f} m"
    )
    return text + (f"\n{prediction.focal_warning}" if prediction.focal_warning else "")
