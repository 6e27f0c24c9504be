"""The depth map that a phone stores beside its photo -> metres, where it says that they are metres.

Phones write disparity, in 1 / metre, as an auxiliary image of a HEIC (ISO 23008-12, `auxl`), with
an XMP packet of Apple's that names its accuracy. Two lenses side by side give maps of "relative"
accuracy: right in order, wrong in size, so of no use here. LiDAR and the front camera's projector
give "absolute" ones.
"""

from __future__ import annotations

import io
import re

import numpy as np
import numpy.typing as npt

from schemas.records import MediaType
from sharp_core.containers.heif_image import read_heif_image

Depth = npt.NDArray[np.float32]  # (height, width) metres, NaN where it is not known

# As an element or as an attribute: both are XMP.
_ACCURACY = re.compile(rb"""depthData:Accuracy(?:>|=["'])\s*(\w+)""")
_UNIFORM_DISPARITY = 1  # the map's values are linear in disparity: ISO 23008-2, section G.14
_COARSE_SIDE = 256  # samples; a median needs no more
_ASPECT_TOLERANCE = 0.02  # rounding of a small map's sides; a crop differs by more


def read_photo_depth(
    data: bytes, media_type: MediaType, orientation: int, width: int, height: int
) -> Depth | None:
    """Return the depth map of a photo file, or None if it holds none in metres.

    `orientation` is EXIF's; the size is that of the upright photo, which the map must cover as a
    whole. A map that cannot be read counts as none: it is an extra, and the photo goes on without.
    """
    if media_type is not MediaType.HEIF:
        return None
    accuracy = _ACCURACY.search(data)
    if accuracy is None or accuracy[1] != b"absolute":
        return None
    stored = read_heif_image(data)
    if stored.is_cropped or (orientation != 1 and not stored.is_turned):
        return None  # the map lies as the sensor did, unlike the photo that is shown
    depth = _read_disparity(data)
    if depth is None:
        return None
    aspect = depth.shape[1] / depth.shape[0] * height / width
    return depth if abs(aspect - 1) < _ASPECT_TOLERANCE else None


def _read_disparity(data: bytes) -> Depth | None:
    import pillow_heif

    try:
        maps = pillow_heif.open_heif(io.BytesIO(data)).info.get("depth_images") or []
        about = maps[0].info["metadata"]
        if about["representation_type"] != _UNIFORM_DISPARITY:
            return None
        least, most = float(about["d_min"]), float(about["d_max"])
        values = np.asarray(maps[0])
    except (IndexError, KeyError, TypeError, ValueError, RuntimeError, OSError):
        return None
    if values.ndim != 2 or values.dtype.kind != "u" or not 0 <= least < most < np.inf:
        return None
    disparity = least + values.astype(np.float32) * ((most - least) / np.iinfo(values.dtype).max)
    depth = np.full(values.shape, np.nan, np.float32)
    np.divide(1.0, disparity, out=depth, where=disparity > 0)
    return depth


def coarse_photo_depth(
    data: bytes, media_type: MediaType, orientation: int, width: int, height: int
) -> Depth | None:
    """Return what `read_photo_depth` does, small enough to travel with the photo's record."""
    depth = read_photo_depth(data, media_type, orientation, width, height)
    if depth is None:
        return None
    step = max(1, max(depth.shape) // _COARSE_SIDE)
    return np.ascontiguousarray(depth[step // 2 :: step, step // 2 :: step])
