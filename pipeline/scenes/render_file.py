"""One splat file -> a clip or a still, without a library."""

from __future__ import annotations

import contextlib
import io
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from pipeline.scenes.requirements import refuse_early
from pipeline.store.store import Store
from schemas.errors import (
    FailureReason,
    MissingToolError,
    PhotoError,
    UsageError,
)
from sharp_core.formats.registry import read_scene
from sharp_core.formats.scene import SceneInfo, StoredScene
from sharp_core.render.api import Engine, Renderer, gpu_engine_is_installed, make_renderer
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import ClipSettings, StillSettings, make_clip, make_still
from sharp_core.views.encode_clip import CLIP_FORMATS

_log = logging.getLogger(__name__)

STILL_SUFFIX = ".png"
# How a splat is shown that does not say how it was taken: a camera of 60 degrees.
UNKNOWN_PHOTO = SceneInfo(focal_px=1108.5, width=1280, height=960)


@dataclass(frozen=True, slots=True)
class Picture:
    """What was made of a scene."""

    path: str
    bytes: int
    width: int
    height: int
    frames: int
    zoom: float
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def make_picture(
    splat: Path, to: Path, settings: ClipSettings | StillSettings, engine: Engine = "auto"
) -> Picture:
    """Render the scene of `splat` to `to`: a clip by its ending, or a still by StillSettings.

    Raises UsageError where a path is of no use, PhotoError where the splat cannot be read,
    RunError where this machine lacks what it takes.
    """
    folder = to.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"the folder {folder} does not exist", "Make it first.")
    clip_format = CLIP_FORMATS.get(to.suffix.lower())
    if clip_format is not None:
        with refuse_early(str(to)):
            clip_format.check()
    started = time.perf_counter()
    scene = read_splat(splat)
    photo = intrinsics_of(scene.info or UNKNOWN_PHOTO)
    buffer = io.BytesIO()
    with unviewable_scene_errors():
        renderer = renderer_here(scene.gaussians, engine)
        if isinstance(settings, StillSettings):
            info = make_still(buffer, scene.gaussians, photo, settings, renderer)
        else:
            if clip_format is None:
                raise UsageError(f"{to}: no clip format has this ending")
            info = make_clip(buffer, clip_format, scene.gaussians, photo, settings, renderer)
    stored = Store(folder).write(to.name, lambda file: file.write(buffer.getbuffer()))
    seconds = round(time.perf_counter() - started, 3)
    return Picture(str(to), stored.bytes, info.width, info.height, info.frames, info.zoom, seconds)


def renderer_here(
    gaussians: Gaussians, engine: Engine = "auto", *, threads: int | None = None
) -> Renderer:
    """Prepare a scene for rendering, by default on this machine's GPU where one can be used.

    Raises MissingToolError if the engine asked for cannot work here.
    """
    if engine == "auto" and torch.cuda.is_available() and gpu_engine_is_installed():
        try:
            return make_renderer(gaussians, "gpu")
        except MissingToolError as error:
            _log.warning("rendering on the CPU: %s", error)
    return make_renderer(gaussians, engine, threads=threads)


def read_splat(path: Path) -> StoredScene:
    """Read a splat file. Raises PhotoError."""
    try:
        return read_scene(path)
    except OSError as error:
        raise unreadable(path, error) from error


def read_stored(store: Store, relative: str) -> StoredScene:
    """Read a scene of a library. Raises PhotoError, and RunError as its store does."""
    try:
        with store.open_local(relative) as path:
            return read_splat(path)
    except FileNotFoundError as error:
        raise unreadable(store.address(relative), error) from error


def unreadable(address: object, error: OSError) -> PhotoError:
    """Return the error of a splat file that cannot be read."""
    return PhotoError(FailureReason.UNREADABLE, f"{address}: {error.strerror}")


def intrinsics_of(info: SceneInfo) -> Intrinsics:
    """Return the camera of the photo that a scene was made of."""
    return Intrinsics.of_photo(info.focal_px, info.width, info.height)


@contextlib.contextmanager
def unviewable_scene_errors() -> Iterator[None]:
    """Turn a ValueError of a scene that cannot be viewed into the PhotoError of its photo."""
    try:
        yield
    except ValueError as error:
        raise PhotoError(FailureReason.UNREADABLE, f"the scene cannot be shown: {error}") from error
