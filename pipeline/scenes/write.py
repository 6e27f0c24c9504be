"""Scenes -> splat files of a library, in the format that settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pipeline.store.store import Store, scene_path
from schemas.records import StoredFile
from schemas.settings import SplatSettings
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.bundle import SogOptions, write_sog_planes
from sharp_core.formats.sog.planes import SogPlanes

if TYPE_CHECKING:  # a worker that encodes quantised scenes has no need of torch
    from sharp_core.scene.gaussians import Gaussians


def store_splat(
    store: Store,
    scene_id: str,
    scene: Gaussians | SogPlanes,
    info: SceneInfo,
    settings: SplatSettings,
) -> StoredFile:
    """Store a scene under its id. Raises PhotoError, RunError, ValueError, FormatError."""
    options = options_of(settings)

    def write(file: BinaryIO) -> None:
        if isinstance(scene, SogPlanes):
            write_sog_planes(file, scene, info, options or SogOptions())
        else:
            from sharp_core.formats.registry import write_scene

            write_scene(file, scene, info, format_name=settings.format, options=options)

    return store.write(scene_path(scene_id, settings.suffix), write)


def options_of(settings: SplatSettings) -> SogOptions | None:
    """Return what the format's writer is told."""
    return SogOptions(settings.quality.value) if settings.quality is not None else None
