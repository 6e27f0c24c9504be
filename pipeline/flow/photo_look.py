"""A decoded photo -> what its scene is compared with, and the flags of the photo."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.records import PhotoFile, PhotoLook, PhotoMeta
from sharp_core.quality.flags import PhotoFacts, flags_of
from sharp_core.quality.picture import measure_picture

Pixels = npt.NDArray[np.uint8]  # (H, W, 3) sRGB
_SIDE = 256  # pixels: the renders that it is compared with are no larger


def look_at_photo(file: PhotoFile, meta: PhotoMeta, pixels: Pixels) -> PhotoLook:
    """Return a small picture of the photo, and its flags. Takes some 70 ms of one core."""
    facts = PhotoFacts(
        name=PurePath(file.path).name,
        media_type=file.media_type,
        has_camera=meta.camera_make is not None,
        is_close_up=meta.is_close_up,
    )
    image = Image.fromarray(pixels)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return PhotoLook(np.asarray(image), flags_of(measure_picture(pixels), facts))
