"""Scenes -> splat files of a library, in the format that settings name."""

from __future__ import annotations

from pipeline.store import Store, scene_path
from schemas.records import StoredFile
from schemas.settings import SplatSettings
from sharp_core.formats.registry import Options, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog_write import SogOptions
from sharp_core.gaussians import Gaussians


def store_splat(
    store: Store, scene_id: str, gaussians: Gaussians, info: SceneInfo, settings: SplatSettings
) -> StoredFile:
    """Store a scene under its id. Raises PhotoError, RunError, ValueError, FormatError."""
    options = options_of(settings)
    return store.write(
        scene_path(scene_id, settings.suffix),
        lambda file: write_scene(
            file, gaussians, info, format_name=settings.format, options=options
        ),
    )


def options_of(settings: SplatSettings) -> Options | None:
    """Return what the format's writer is told."""
    return SogOptions(settings.quality.value) if settings.quality is not None else None
