"""A photo file's bytes -> its fingerprint: how alike it is to other photos, and how sharp.

A JPEG is decoded at a fraction of its size, and of a HEIF its thumbnail is, which takes a tenth of
the time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from pipeline.decode.decode import as_photo_errors, decode
from pipeline.decode.open import open_photo
from schemas.errors import PhotoError
from schemas.groups import Fingerprint
from schemas.records import MediaType

_SIDE = 320  # px: of the small version, the longer side; phones store thumbnails of this size
_LEAST = 200  # px: smaller thumbnails say too little
_BLACK, _WHITE = 8, 247
_WITH_DRAFTS = (MediaType.JPEG, MediaType.HEIF)


def read_fingerprint(data: bytes, media_type: MediaType) -> Fingerprint | None:
    """Return the fingerprint of a whole file; None where it cannot be decoded.

    Photos are compared as they are stored: frames of one burst are turned alike.
    """
    try:
        with as_photo_errors(data, media_type):
            small = _draft(data, media_type) if media_type in _WITH_DRAFTS else None
            return fingerprint(small or Image.fromarray(decode(data, media_type)))
    except PhotoError:
        return None  # the run itself says what is wrong with the file


def _draft(data: bytes, media_type: MediaType) -> Image.Image | None:
    """Return the image as its decoder gives it at a small size; None where it has no small size."""
    image = open_photo(data, media_type, 1).image
    if not isinstance(image, ImageFile.ImageFile):
        return None
    side = _SIDE if media_type is MediaType.JPEG else _LEAST
    drafted = image.draft(image.mode, (side, side))
    return image if drafted is not None or max(image.size) <= _SIDE else None


def fingerprint(image: Image.Image) -> Fingerprint:
    """Return the fingerprint of a picture."""
    grey = image.convert("L")
    grey.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=None)
    values = np.asarray(grey, dtype=np.float32)
    used = np.mean((values > _BLACK) & (values < _WHITE))
    return Fingerprint(_gradients(grey), _sharpness(values), float(used))


def _gradients(grey: Image.Image) -> int:
    """Return 64 bits: whether each of 8 x 8 areas is brighter than the one to its left.

    The "difference hash" (N. Krawetz, "Kind of like that", 2013): like pictures differ in few bits.
    """
    areas = np.asarray(grey.resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    bits = np.packbits(areas[:, 1:] > areas[:, :-1])
    return int.from_bytes(bits.tobytes())


def _sharpness(values: npt.NDArray[np.float32]) -> float:
    """Return the variance of the Laplacian (Pech-Pacheco et al., ICPR 2000), in squared levels."""
    if min(values.shape) < 3:
        return 0.0
    middle = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float(np.var(around - 4.0 * middle))
