"""`sharp-batch render`: one splat file to a clip or a still."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import PlainOutput, SplatInput, check_are_here
from jobs.console.output import size_text, time_text
from schemas.choices import RenderDevice, Trajectory
from schemas.errors import UsageError
from schemas.export_settings import CLIP_SECONDS, RenderFileSettings

if TYPE_CHECKING:
    from pipeline.scenes.render_file import RenderedFile
    from sharp_core.render.api import Engine
    from sharp_core.views.clips import ClipSettings, StillSettings

_PHOTOS_OWN = 1 << 20  # pixels of the long side: more than any photo has, which is the limit
_ENGINES: dict[RenderDevice, Engine] = {
    RenderDevice.AUTO: "auto",
    RenderDevice.CPU: "cpu",
    RenderDevice.CUDA: "gpu",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("render")(with_options(render))


def render(
    splat: Annotated[Path, typer.Argument(help="The splat file.", metavar="IN")],
    to: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Output file: .mp4, .webp or .gif, or .png for a still."
        ),
    ],
    settings: RenderFileSettings,
    splat_input: SplatInput,
    output: PlainOutput,
) -> None:
    """Render a splat file as a looping parallax clip, or as a still from any position."""
    check_are_here(splat, to)
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from pipeline.scenes.render_file import STILL_SUFFIX, render_file
    from sharp_core.views.clips import ClipSettings, StillSettings
    from sharp_core.views.encode_clip import CLIP_FORMATS

    suffix = to.suffix.lower()
    shown = settings.long_side
    if not settings.crop and shown is None:
        shown = _PHOTOS_OWN
    view: ClipSettings | StillSettings
    if suffix == STILL_SUFFIX:
        if settings.trajectory or settings.steps or settings.fps:
            raise UsageError(
                f"{to} is a still, and a still has no camera path",
                "Omit --trajectory, --steps and --fps, or write an .mp4.",
            )
        view = StillSettings(
            settings.depth, shown, settings.crop, eye=settings.eye or (0.0, 0.0, 0.0)
        )
    elif suffix in CLIP_FORMATS:
        if settings.eye is not None:
            raise UsageError("--eye is for stills", "Write a .png, or omit it.")
        pace = settings.fps or CLIP_FORMATS[suffix].fps
        view = ClipSettings(
            settings.depth,
            shown,
            settings.crop,
            trajectory=settings.trajectory or Trajectory.ROTATE_FORWARD,
            seconds=settings.steps / pace if settings.steps else CLIP_SECONDS,
            fps=settings.fps,
        )
    else:
        known = ", ".join((*CLIP_FORMATS, STILL_SUFFIX))
        raise UsageError(f"{to}: no image format has this suffix", f"Known suffixes: {known}.")
    picture = render_file(splat, to, view, _ENGINES[settings.device], splat_input.axes)
    for note in picture.notes:
        output.warn(f"{splat}: {note}")
    output.result(picture.as_dict(), _text(picture))


def _text(picture: RenderedFile) -> str:
    frames = f"{picture.frames} frames, " if picture.frames > 1 else ""
    zoom = f", magnified by {picture.zoom:.3f}" if picture.zoom > 1 else ""
    return (
        f"{picture.path}: {picture.width} x {picture.height} px, {frames}"
        f"{size_text(picture.bytes)}, in {time_text(picture.seconds)}{zoom}"
    )
