"""Kind `html`: photo, scene and viewer in one file, which opens from disk in any browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import BUDGET, ExportKind, KindGroup
from pipeline.scenes.page import VIEWER_FORMAT, ViewerStart, check_viewer, write_scene_page
from sharp_core.formats.registry import FORMATS, write_scene
from sharp_core.models.entry import USUAL_GAUSSIANS

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_POSTER_QUALITY = 80


def _write(file: BinaryIO, scene: ExportScene) -> None:
    paths, info = scene.record.paths, scene.info
    title = Path(paths[0]).stem if paths else scene.record.photo_id
    view = ViewerStart(title, info.width, info.height, info.focal_px, info.is_360)
    write_scene_page(file, view, viewer_bytes(scene), scene_image(scene))


def viewer_bytes(scene: ExportScene) -> bytes:
    """Return the scene within its budget as the viewer reads it."""
    if scene.is_whole and scene.record.format == VIEWER_FORMAT:
        return scene.stored_bytes()
    buffer = io.BytesIO()
    write_scene(buffer, scene.within_budget, scene.info, format_name=VIEWER_FORMAT)
    return buffer.getvalue()


def scene_image(scene: ExportScene) -> bytes:
    """Return what the photo's own camera sees, as a WebP: the photo itself may be gone."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(scene.front.srgb8()).save(buffer, "WEBP", quality=_POSTER_QUALITY)
    return buffer.getvalue()


HTML = ExportKind(
    "html",
    "photo, scene and viewer in one web page",
    KindGroup.PAGES,
    ".html",
    _write,
    ("long_side", *BUDGET),
    check_viewer,
    # The scene, as text, and the viewer.
    usual_bytes=3_000_000
    + round(4 / 3 * USUAL_GAUSSIANS * FORMATS.get(VIEWER_FORMAT).bytes_per_gaussian),
)
