"""Pixels -> JPEG or PNG with the photo's metadata and a colour profile.

`seen` is the view that a picture shows, an eye's where it is None; `dpi` its resolution in print.
"""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.exports.metadata import SCREEN_DPI, srgb_profile
from pipeline.exports.scene import ExportScene
from schemas.choices import ImageFormat
from sharp_core.scene.cameras import Intrinsics

JPEG_QUALITY = 92
_FULL_COLOR, _HALF_COLOR = 0, 2  # Pillow's numbers: colour in each pixel, or in each four


def write_image(
    file: BinaryIO,
    scene: ExportScene,
    pixels: npt.NDArray[np.uint8],
    *,
    full_color: bool = False,
    seen: Intrinsics | None = None,
    dpi: int = SCREEN_DPI,
) -> None:
    """Write a picture in the format that the settings ask for."""
    if scene.settings.image_format is ImageFormat.JPEG:
        file.write(jpeg_bytes(scene, pixels, full_color=full_color, seen=seen, dpi=dpi))
    else:
        write_png(file, scene, pixels, seen=seen, dpi=dpi)


def write_png(
    file: BinaryIO,
    scene: ExportScene,
    pixels: npt.NDArray[np.uint8],
    *,
    seen: Intrinsics | None = None,
    dpi: int = SCREEN_DPI,
) -> None:
    """Write a picture as a PNG."""
    exif = scene.exif_of(pixels.shape[1], pixels.shape[0], seen, dpi)
    Image.fromarray(pixels).save(
        file, "PNG", exif=exif, icc_profile=srgb_profile(), compress_level=3, dpi=(dpi, dpi)
    )


def jpeg_bytes(
    scene: ExportScene,
    pixels: npt.NDArray[np.uint8],
    *,
    full_color: bool = False,
    seen: Intrinsics | None = None,
    dpi: int = SCREEN_DPI,
) -> bytes:
    """Return a picture as a JPEG. `full_color` keeps colours sharp that differ between eyes."""
    buffer = io.BytesIO()
    exif = scene.exif_of(pixels.shape[1], pixels.shape[0], seen, dpi)
    Image.fromarray(pixels).save(
        buffer,
        "JPEG",
        quality=JPEG_QUALITY,
        subsampling=_FULL_COLOR if full_color else _HALF_COLOR,
        exif=b"Exif\0\0" + exif,
        icc_profile=srgb_profile(),
        dpi=(dpi, dpi),
    )
    return buffer.getvalue()
