"""`sharp-batch render`: one splat file to a clip or a still."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import PlainOutput, check_are_here
from jobs.console.output import size_text, time_text
from schemas.choices import RenderDevice, Trajectory
from schemas.errors import UsageError
from schemas.export_settings import CLIP_SECONDS

if TYPE_CHECKING:
    from pipeline.scenes.render_file import RenderedFile
    from sharp_core.render.api import Engine
    from sharp_core.views.clips import ClipSettings, StillSettings

_PHOTOS_OWN = 1 << 20  # pixels of the long side; none is shown above the photo's
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
        typer.Option("--output", "-o", help="File to write: .mp4, .webp or .gif, or a .png still."),
    ],
    output: PlainOutput,
    trajectory: Annotated[
        Trajectory | None, typer.Option(help="How the eye moves; else rotate_forward.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(help=f"Frames of a clip; else {CLIP_SECONDS:g} seconds of them.", min=2),
    ] = None,
    fps: Annotated[
        int | None, typer.Option(help="Frames a second; else what suits the format.", min=1)
    ] = None,
    width: Annotated[
        int | None, typer.Option(help="Pixels of the long side, never above the photo's.", min=16)
    ] = None,
    depth: Annotated[
        bool, typer.Option("--depth", help="Show depth, near blue to far red, not colours.")
    ] = False,
    eye: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,Z", help="A still's eye: metres right, down and ahead of the camera."
        ),
    ] = None,
    no_crop: Annotated[
        bool, typer.Option("--no-crop", help="Keep unseen borders and the whole image.")
    ] = False,
    device: Annotated[
        RenderDevice, typer.Option(help="Where it is rendered; auto takes the fastest.")
    ] = RenderDevice.AUTO,
) -> None:
    """Render a splat as a parallax clip that loops, or as a still from any eye."""
    check_are_here(splat, to)
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from pipeline.scenes.render_file import STILL_SUFFIX, render_file
    from sharp_core.views.clips import ClipSettings, StillSettings
    from sharp_core.views.encode_clip import CLIP_FORMATS

    suffix = to.suffix.lower()
    if no_crop and width is None:
        width = _PHOTOS_OWN
    settings: ClipSettings | StillSettings
    if suffix == STILL_SUFFIX:
        if trajectory or steps or fps:
            raise UsageError(
                f"{to} is a still, and a still does not move",
                "Leave out --trajectory, --steps and --fps, or write an .mp4.",
            )
        settings = StillSettings(depth, width, not no_crop, eye=_eye(eye or "0,0,0"))
    elif suffix in CLIP_FORMATS:
        if eye:
            raise UsageError("--eye is for stills", "Write a .png, or leave it out.")
        pace = fps or CLIP_FORMATS[suffix].fps
        settings = ClipSettings(
            depth,
            width,
            not no_crop,
            trajectory=trajectory or Trajectory.ROTATE_FORWARD,
            seconds=steps / pace if steps else CLIP_SECONDS,
            fps=fps,
        )
    else:
        known = ", ".join((*CLIP_FORMATS, STILL_SUFFIX))
        raise UsageError(f"{to}: no picture format has this ending", f"Known endings: {known}.")
    picture = render_file(splat, to, settings, _ENGINES[device])
    output.result(picture.as_dict(), _text(picture))


def _eye(text: str) -> tuple[float, float, float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"--eye {text!r} is no position", "Write X,Y,Z in metres, as in 0.05,0,0."
        ) from error
    return x, y, z


def _text(picture: RenderedFile) -> str:
    frames = f"{picture.frames} frames, " if picture.frames > 1 else ""
    zoom = f", magnified by {picture.zoom:.3f}" if picture.zoom > 1 else ""
    return (
        f"{picture.path}: {picture.width} x {picture.height} px, {frames}"
        f"{size_text(picture.bytes)}, in {time_text(picture.seconds)}{zoom}"
    )
