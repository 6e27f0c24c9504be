"""One splat file -> a clip or a still, without a library."""

from __future__ import annotations

import io
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.scenes.missing_tools import tool_errors_as_usage
from pipeline.scenes.read import (
    UNKNOWN_PHOTO,
    intrinsics_of,
    read_splat_file,
    renderer_here,
    unviewable_scene_errors,
)
from pipeline.store.disk_errors import check_folder_of
from pipeline.store.store import Store
from schemas.errors import UsageError
from sharp_core.render.api import Engine
from sharp_core.views.clips import ClipSettings, StillSettings, make_clip, make_still
from sharp_core.views.encode_clip import CLIP_FORMATS
from sharp_core.views.front import front_of

STILL_SUFFIX = ".png"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A clip or still that was rendered."""

    path: str
    bytes: int
    width: int
    height: int
    frames: int
    zoom: float
    seconds: float
    notes: tuple[str, ...] = ()  # what was left out, repaired or assumed of the scene

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def render_file(
    splat: Path,
    to: Path,
    settings: ClipSettings | StillSettings,
    engine: Engine = "auto",
    axes: str | None = None,
) -> RenderedFile:
    """Render the scene of `splat` to `to`: a clip by its suffix, or a still by StillSettings.

    Raises UsageError if a path cannot be used, PhotoError where the splat cannot be read,
    RunError where this machine cannot render it.
    """
    check_folder_of(to)
    clip_format = CLIP_FORMATS.get(to.suffix.lower())
    if clip_format is not None:
        with tool_errors_as_usage(str(to)):
            clip_format.check()
    started = time.perf_counter()
    scene = read_splat_file(splat, axes)
    photo = intrinsics_of(scene.info or UNKNOWN_PHOTO)
    gaussians = scene.gaussians
    if scene.info is not None and scene.info.is_360:
        gaussians = front_of(gaussians, photo)
    buffer = io.BytesIO()
    with unviewable_scene_errors(splat):
        renderer = renderer_here(gaussians, engine)
        if isinstance(settings, StillSettings):
            info = make_still(buffer, gaussians, photo, settings, renderer)
        else:
            if clip_format is None:
                raise UsageError(f"{to}: no clip format has this ending")
            info = make_clip(buffer, clip_format, gaussians, photo, settings, renderer)
    stored = Store(to.absolute().parent).write(to.name, lambda file: file.write(buffer.getbuffer()))
    seconds = round(time.perf_counter() - started, 3)
    picture = (info.width, info.height, info.frames, info.zoom)
    return RenderedFile(str(to), stored.bytes, *picture, seconds, scene.notes)
