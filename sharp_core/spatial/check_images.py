"""What the images of a spatial photo show: whether both decode, and which eye is which.

Parallel cameras see everything farther right in the left image, the nearer the farther. So a
parallax below zero tells eyes that were exchanged.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.errors import HeifError
from sharp_core.containers.heif import Heif

Pixels = npt.NDArray[np.uint8]

_MEASURED_WIDTH = 512
_BLOCK = 32  # pixels that are compared together
_MOST_SHIFT = 40  # pixels of the measured width: 8 %
_LEAST_TEXTURE = 4.0  # levels: the standard deviation below which a block looks alike everywhere
_FEWEST_BLOCKS = 8


def decode_eyes(data: bytes, heif: Heif, eyes: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """Return both images, (height, width, 3). Raises HeifError where one does not decode."""
    left, right = (np.asarray(eye.convert("RGB")) for eye in open_eyes(data, heif, eyes))
    return left, right


def open_eyes(data: bytes, heif: Heif, eyes: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Return both images in their own colours. Raises HeifError where one does not decode."""
    try:
        import pillow_heif
    except ImportError as error:
        raise HeifError(
            "the images were not looked at, for that needs pillow-heif: pip install pillow-heif"
        ) from error
    # pillow-heif lists visible images with the primary one first, and gives no item numbers.
    order = sorted(heif.images(), key=lambda item_id: item_id != heif.primary_id)
    try:
        images = pillow_heif.open_heif(io.BytesIO(data))
        left, right = (images[order.index(eye)].to_pillow() for eye in eyes)
    except Exception as error:  # decoders raise whatever broken bytes make them
        raise HeifError(f"the images cannot be decoded: {error}") from error
    return left, right


def parallax(left: Pixels, right: Pixels) -> float | None:
    """Return the median of x in the left minus x in the right image, as a share of the width.

    None where the images show too little to tell.
    """
    a, b = _measured(left), _measured(right)
    height, width = a.shape
    found = []
    for top in range(0, height - _BLOCK + 1, _BLOCK):
        for start in range(_MOST_SHIFT, width - _BLOCK - _MOST_SHIFT + 1, _BLOCK):
            block = a[top : top + _BLOCK, start : start + _BLOCK]
            if float(np.diff(block, axis=1).std()) < _LEAST_TEXTURE:
                continue
            strip = b[top : top + _BLOCK, start - _MOST_SHIFT : start + _BLOCK + _MOST_SHIFT]
            windows = np.lib.stride_tricks.sliding_window_view(strip, _BLOCK, axis=1)
            costs = np.abs(windows.transpose(1, 0, 2) - block).mean(axis=(1, 2))
            found.append(_MOST_SHIFT - int(costs.argmin()))
    if len(found) < _FEWEST_BLOCKS:
        return None
    return float(np.median(found) / width)


def _measured(pixels: Pixels) -> npt.NDArray[np.float32]:
    image = Image.fromarray(pixels).convert("L")
    share = _MEASURED_WIDTH / image.width
    size = (_MEASURED_WIDTH, max(1, round(image.height * share)))
    small: npt.NDArray[np.float32] = np.asarray(
        image.resize(size, Image.Resampling.BOX), np.float32
    )
    return small
