"""Write a quantised scene as the files of a SOG version 2, or as one bundle of them.

In: `SogPlanes`. Out: lossless WebP images and meta.json. A bundle is a ZIP whose entries are stored
without compression, since WebP is compressed already. Its dates are constant, so equal scenes give
equal bytes. It has no comment and no 64-bit fields, which some viewers cannot read. This module
does not import torch.
"""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.meta import IMAGES, META, format_meta
from sharp_core.formats.sog.planes import Plane, SogPlanes
from sharp_core.formats.sog.settings import SogOptions

# Effort of lossless libwebp. From a quality of 30 on, the search takes twice the time of 20. High
# bytes of positions become a tenth smaller by it, and so do scales where most repeat a neighbour's;
# everything else not at all. Methods above 1 take long for less than 1 %.
_METHOD = 1
_FAST_QUALITY = 20
_SEARCHING_QUALITY = 30
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
    repeats = (False, True, False, _mostly_repeats(planes.scales), False)  # in the order of IMAGES
    qualities = [
        _SEARCHING_QUALITY if often and not options.fast else _FAST_QUALITY for often in repeats
    ]
    with ThreadPoolExecutor(max(1, options.threads)) as pool:
        encoded = pool.map(_webp, images.values(), qualities)
        files = dict(zip(images, encoded, strict=True))
    files[META] = format_meta(planes, info)
    return files


def _mostly_repeats(image: Plane) -> bool:
    """Say whether most pixels equal the one to their left."""
    rows = image[::_SAMPLED_ROWS]
    same: npt.NDArray[np.bool_] = (rows[:, 1:] == rows[:, :-1]).all(axis=2)
    return bool(np.count_nonzero(same) * 2 > same.size)


def _webp(image: Plane, quality: int) -> bytes:
    target = io.BytesIO()
    # `exact` keeps colours where alpha is 0; WebP would change them.
    Image.fromarray(image).save(
        target, "WEBP", lossless=True, exact=True, quality=quality, method=_METHOD
    )
    return target.getvalue()
