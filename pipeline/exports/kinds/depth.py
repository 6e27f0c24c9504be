"""Kinds `depth`, millimetres in a 16-bit PNG, and `depth-color`, the same to look at.

Both show what the photo shows, and as much of it. A millimetre map ends at 65.535 m: what is
farther has that, and what the scene does not cover has 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import METADATA, ExportKind, KindGroup

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_FARTHEST_MM = 65_535


def _write_depth(file: BinaryIO, scene: ExportScene) -> None:
    import numpy as np
    from PIL import Image

    front = scene.front
    depth_m = np.where((front.alpha > 0).cpu(), front.depth.detach().cpu(), 0.0)
    millimetres = np.clip(np.round(depth_m * 1000), 0, _FARTHEST_MM).astype(np.uint16)
    Image.fromarray(millimetres).save(file, "PNG", exif=_exif(scene, millimetres.shape))


def _write_colors(file: BinaryIO, scene: ExportScene) -> None:
    from PIL import Image

    from pipeline.exports.metadata import srgb_profile
    from sharp_core.views.clips import depth_colors

    picture, _ = depth_colors(scene.front)
    Image.fromarray(picture).save(
        file, "PNG", exif=_exif(scene, picture.shape), icc_profile=srgb_profile()
    )


def _exif(scene: ExportScene, shape: tuple[int, ...]) -> bytes:
    from sharp_core.scene.cameras import fit_long_side

    seen = fit_long_side(scene.photo, scene.settings.long_side)
    return scene.exif_of(shape[1], shape[0], seen)


DEPTH = ExportKind(
    "depth",
    "depth in millimetres (16-bit PNG)",
    KindGroup.DEPTH,
    "_depth.png",
    _write_depth,
    ("long_side", *METADATA),
)
DEPTH_COLOR = ExportKind(
    "depth-color",
    "depth in colours (PNG)",
    KindGroup.DEPTH,
    "_depth_color.png",
    _write_colors,
    ("long_side", *METADATA),
)
