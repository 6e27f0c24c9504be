"""Raw files developed from the sensor's data, by the optional rawpy (LibRaw)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from schemas.errors import PhotoError
from schemas.reasons import FailureReason

if TYPE_CHECKING:
    import rawpy

_SRGB_CURVE = (2.4, 12.92)  # power and slope at black; LibRaw's default is that of BT.709
_QUARTER_TURNS = (5, 6)  # of LibRaw's `flip`


def size(data: bytes) -> tuple[int, int]:
    """Return width and height of the upright image."""
    with _opened(data) as raw:
        sizes = raw.sizes
        turned = sizes.flip in _QUARTER_TURNS
        return (sizes.height, sizes.width) if turned else (sizes.width, sizes.height)


def develop(data: bytes) -> npt.NDArray[np.uint8]:
    """Return the upright image as (H, W, 3) sRGB, with the camera's white balance."""
    with _opened(data) as raw:
        return raw.postprocess(use_camera_wb=True, gamma=_SRGB_CURVE)


def _opened(data: bytes) -> rawpy.RawPy:
    try:
        import rawpy
    except ImportError:
        message = "--full-raw develops raw files with rawpy: install sharp-batch[raw]"
        raise PhotoError(FailureReason.UNSUPPORTED, message) from None
    return rawpy.imread(io.BytesIO(data))
