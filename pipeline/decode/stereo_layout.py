"""How both eyes lie in one flat image: told by a JPS segment, by the file's name, or by a person.

Names follow what players of stereo photos expect, such as `_LRF_Full_SBS`, `_LR_HSBS`, `_TBF`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.choices import StereoLayout
from sharp_core.spatial.jpeg_stereo_read import read_jps

Pixels = npt.NDArray[np.uint8]

JPS_SUFFIX = ".jps"
_TOKENS = (  # the first that fits
    (("hsbs", "halfsbs", "3dh"), StereoLayout.HALF_SBS),
    (("rlf", "cross", "rl", "crosseyed"), StereoLayout.CROSS),
    (("tb", "tbf", "ou", "fulltb", "3dv"), StereoLayout.TB),
    (("lrf", "sbs", "fullsbs", "lr", "parallel"), StereoLayout.SBS),
)
_WORD_PAIRS = {  # words that follow each other, as in garden.left-right.jpg
    ("left", "right"): StereoLayout.SBS,
    ("right", "left"): StereoLayout.CROSS,
    ("top", "bottom"): StereoLayout.TB,
}
_NOT_PINHOLE = {"180", "360", "vr180", "vr360"}  # panoramas: no camera of ours shows them
_SEPARATORS = re.compile(r"[\W_]+")


def layout_of(path: PurePath, data: bytes) -> StereoLayout | None:
    """Return how a flat stereo file is laid out; None where nothing says that it is one."""
    jps = read_jps(data)
    if jps is not None:
        if jps.is_over_under:
            return StereoLayout.TB if jps.is_left_first and not jps.is_half else None
        if jps.is_half:
            return StereoLayout.HALF_SBS if jps.is_left_first else None
        return StereoLayout.SBS if jps.is_left_first else StereoLayout.CROSS
    if path.suffix.lower() == JPS_SUFFIX:
        return StereoLayout.CROSS  # as nearly all of them are
    return layout_by_name(path)


def layout_by_name(path: PurePath) -> StereoLayout | None:
    """Return the layout that a file's name tells, if any."""
    in_order = [word for word in _SEPARATORS.split(path.stem.lower()) if word]
    words = set(in_order)
    if words & _NOT_PINHOLE:
        return None
    if {"half", "sbs"} <= words:
        return StereoLayout.HALF_SBS
    for pair, layout in _WORD_PAIRS.items():
        if pair in pairwise(in_order):
            return layout
    for tokens, layout in _TOKENS:
        if words & set(tokens):
            return layout
    return None


def split_eyes(image: Pixels, layout: StereoLayout) -> tuple[Pixels, Pixels]:
    """Return the left and the right eye's image. An odd column or row in the middle is dropped."""
    height, width = image.shape[:2]
    if layout is StereoLayout.TB:
        half = height // 2
        return image[:half], image[height - half :]
    half = width // 2
    first, second = image[:, :half], image[:, width - half :]
    match layout:
        case StereoLayout.CROSS:
            return second, first
        case StereoLayout.HALF_SBS:
            return _widened(first), _widened(second)
        case _:
            return first, second


def _widened(eye: Pixels) -> Pixels:
    height, width = eye.shape[:2]
    image = Image.fromarray(eye).resize((2 * width, height), Image.Resampling.LANCZOS)
    return np.asarray(image)
