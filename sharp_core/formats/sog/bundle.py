"""Write a quantised scene as the files of a SOG version 2, or as one bundle of them.

In: `SogPlanes`. Out: lossless WebP images and meta.json. A bundle is a ZIP whose entries are stored
without compression, since WebP is compressed already. Its dates are constant, so equal scenes give
equal bytes. It has no comment and no 64-bit fields, which some viewers cannot read. This module
does not import torch.
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.meta import COLORS, IMAGES, META, SCALES, format_meta
from sharp_core.formats.sog.planes import Plane, SogPlanes
from sharp_core.formats.sog.settings import SogOptions

# libwebp writes images that mostly repeat, which it makes smaller in little time, and small images,
# which it has written before numba is loaded. From a quality of 30 on, it uses a cache of colours:
# scales become a sixth smaller by it.
_METHOD = 1
_QUALITY, _QUALITY_OF_SCALES = 20, 30
_SMALL = 1 << 16  # pixels
_REPEATING = 0.75  # share of pixels that equal the one to their left
_SAMPLED_ROWS = 16  # one of so many

_EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)


def write_sog_planes(
    file: BinaryIO,
    planes: SogPlanes,
    info: SceneInfo | None = None,
    options: SogOptions | None = None,
) -> None:
    """Write a bundle of a quantised scene."""
    options = options or SogOptions()
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sog_files(planes, info, options).items():
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST_DATE), content)
    file.write(bundle.getbuffer())


def sog_files(planes: SogPlanes, info: SceneInfo | None, options: SogOptions) -> dict[str, bytes]:
    """Return the content of each file of a SOG by its name. meta.json is the last."""
    images = dict(zip(IMAGES, planes.images(), strict=True))
    with ThreadPoolExecutor(max(1, options.threads)) as pool:
        encoded = pool.map(_webp, images, images.values())
        files = dict(zip(images, encoded, strict=True))
    files[META] = format_meta(planes, info)
    return files


def _webp(name: str, image: Plane) -> bytes:
    if image[..., 0].size > _SMALL and not _mostly_repeats(image):
        # Numba takes a while to import. Scenes are written without it, too, or if it is broken.
        with contextlib.suppress(ImportError):
            from sharp_core.formats.sog.webp.encode import encode_webp

            return encode_webp(image, like_green=name == COLORS)
    target = io.BytesIO()
    quality = _QUALITY_OF_SCALES if name == SCALES else _QUALITY
    # `exact` keeps colours where alpha is 0; WebP would change them.
    Image.fromarray(image).save(
        target, "WEBP", lossless=True, exact=True, quality=quality, method=_METHOD
    )
    return target.getvalue()


def _mostly_repeats(image: Plane) -> bool:
    rows = image[::_SAMPLED_ROWS]
    same: npt.NDArray[np.bool_] = (rows[:, 1:] == rows[:, :-1]).all(axis=2)
    return bool(np.count_nonzero(same) > _REPEATING * same.size)
