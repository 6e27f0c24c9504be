"""Files that the gallery derives from a photo or a scene: large image, converted splat, export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from pipeline.exports.kind import ExportKind
from pipeline.exports.scene import ExportScene
from pipeline.scenes.levels import bounds_of, coarse_level
from pipeline.scenes.read import read_splat_file, unviewable_scene_errors
from pipeline.store.store import Store
from schemas.export_settings import ExportSettings
from schemas.records import PhotoRecord, SceneFile
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.levels import Level, levels_meta

IMAGE_SIDE = 1600
_EXPORT_THREADS = 2


def write_converted(out: BinaryIO, splat: Path, format_name: str, info: SceneInfo) -> None:
    """Write the scene of `splat` in another format. Raises PhotoError, FormatError.

    `info` is used if the splat file has no intrinsics of the photo.
    """
    stored = read_splat_file(splat)
    write_scene(out, stored.gaussians, stored.info or info, format_name=format_name)


def write_coarse(out: BinaryIO, splat: Path, info: SceneInfo) -> None:
    """Write the coarse level of the scene of `splat`. Raises PhotoError, MissingToolError."""
    stored = read_splat_file(splat)
    _, content = coarse_level(stored.gaussians, stored.info or info, is_quick=False)
    out.write(content)


def write_levels(out: BinaryIO, files: Mapping[str, Path]) -> None:
    """Write which files are the levels of a scene, finest first, by their addresses."""
    scenes = {address: read_splat_file(path).gaussians for address, path in files.items()}
    levels = [Level(address, len(scene)) for address, scene in scenes.items()]
    out.write(levels_meta(levels, bounds_of(*scenes.values())))


def write_export(
    out: BinaryIO, kind: ExportKind, scene: SceneFile, record: PhotoRecord, library: Store
) -> None:
    """Write an export of a scene, with the default settings of `sharp-batch export`.

    Raises PhotoError, and RunError where what draws or encodes is missing.
    """
    settings = ExportSettings((kind.name,))
    with unviewable_scene_errors():
        kind.write(out, ExportScene(scene, record, settings, library, _EXPORT_THREADS))
