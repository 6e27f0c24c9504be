"""Small images for lists and galleries: upright sRGB pixels -> a WebP file."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

_QUALITY = 80
_EFFORT = 2  # of 6: beyond it, files get a few per cent smaller and take twice as long


def thumbnail(pixels: npt.NDArray[np.uint8], long_side: int = 512) -> bytes:
    """Return (H, W, 3) sRGB pixels as a WebP of at most `long_side` pixels; never enlarged."""
    image = Image.fromarray(pixels)
    # Whole blocks are averaged down to 1.5 times the size; only what is left is filtered.
    image.thumbnail((long_side, long_side), Image.Resampling.LANCZOS, reducing_gap=1.5)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=_EFFORT)
    return file.getvalue()
