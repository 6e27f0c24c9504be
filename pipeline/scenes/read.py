"""Splat files -> scenes and what renders them. Errors are those of the scene's photo."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import torch

from pipeline.store.store import Store
from schemas.errors import MissingToolError, PhotoError
from schemas.reasons import FailureReason
from sharp_core.formats.registry import read_scene
from sharp_core.formats.scene import SceneInfo, StoredScene
from sharp_core.render.api import Engine, Renderer, gpu_engine_is_installed, make_renderer
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians

_log = logging.getLogger(__name__)

# The camera for a splat file that does not store one: a field of view of 60 degrees.
UNKNOWN_PHOTO = SceneInfo(focal_px=1108.5, width=1280, height=960)


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


def read_splat_file(path: Path, axes: str | None = None) -> StoredScene:
    """Read a splat file, whose axes are `axes` where it does not state them. Raises PhotoError."""
    try:
        return read_scene(path, axes=axes)
    except OSError as error:
        raise unreadable(path, error) from error


def read_stored(store: Store, relative: str) -> StoredScene:
    """Read a scene of a library. Raises PhotoError, and RunError as its store does."""
    try:
        with store.open_local(relative) as path:
            return read_splat_file(path)
    except FileNotFoundError as error:
        raise unreadable(store.address(relative), error) from error


def unreadable(address: object, error: OSError) -> PhotoError:
    """Return the error of a splat file that cannot be read."""
    return PhotoError(FailureReason.UNREADABLE, f"{address}: {error.strerror}")


def intrinsics_of(info: SceneInfo) -> Intrinsics:
    """Return the camera of the photo that a scene was made of."""
    return Intrinsics.of_photo(info.focal_px, info.width, info.height)


@contextlib.contextmanager
def unviewable_scene_errors(file: Path | None = None) -> Iterator[None]:
    """Turn a ValueError of a scene that cannot be viewed into the PhotoError of its photo.

    `file` is named where a person has given it, and may have meant other axes.
    """
    try:
        yield
    except ValueError as error:
        message = f"the scene cannot be shown: {error}"
        if file is not None:
            message = f"{file}: {message}. If its axes are others, name them with --axes."
        raise PhotoError(FailureReason.UNREADABLE, message) from error
