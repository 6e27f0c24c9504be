"""`SogPlanes`, a quantised scene of SOG version 2: five images, and numbers to decode them.

Format: developer.playcanvas.com, "The SOG Format". Splat i is the pixel at column i % width and
row i // width of every image, and pixels after the last splat are ignored.

    means_l, means_u   low and high bytes of 16-bit positions: fractions of the range from `mins` to
                       `maxs` of sign(v) ln(1 + |v|), v in metres
    quats              components of a unit quaternion, (c / sqrt(2) + 0.5) * 255; the largest is
                       made positive and omitted, and alpha names it: 252 w, 253 x, 254 y, 255 z
    scales             indices into a codebook of natural logarithms of metres
    sh0                indices into a codebook of f_dc; alpha is opacity from 0 to 255
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # writing a quantised scene must not import torch
    from torch import Tensor

LAST_POSITION = 65535
CODEBOOK_SIZE = 256
LAST_CODE = CODEBOOK_SIZE - 1
FIRST_LARGEST = 252  # the alpha of a quaternion whose w is omitted

DEPTH_QUANTILES = (0.1, 0.5, 0.9)

Plane = npt.NDArray[np.uint8]
Triple = tuple[float, float, float]


class SogPlanes(NamedTuple):
    """A quantised scene."""

    means_low: Plane  # (height, width, 3)
    means_high: Plane  # (height, width, 3)
    quats: Plane  # (height, width, 4)
    scales: Plane  # (height, width, 3)
    sh0: Plane  # (height, width, 4)
    splats: int
    mins: Triple
    maxs: Triple
    scale_codebook: tuple[float, ...]
    color_codebook: tuple[float, ...]
    depths: Triple | None  # quantiles DEPTH_QUANTILES of z in metres; None without a SceneInfo

    def images(self) -> tuple[Plane, Plane, Plane, Plane, Plane]:
        """Return the images in the order of `meta.IMAGES`."""
        return self.means_low, self.means_high, self.quats, self.scales, self.sh0


def compress_lengths(metres: Tensor) -> Tensor:
    """Return sign(v) ln(1 + |v|): quantised, near positions get finer steps than far ones."""
    return metres.abs().log1p_().copysign_(metres)


def expand_lengths(compressed: Tensor) -> Tensor:
    """Undo `compress_lengths`."""
    return compressed.abs().expm1_().copysign_(compressed)


def code_to_component(codes: Tensor) -> Tensor:
    """Return quaternion components of stored bytes."""
    return (codes / 255 - 0.5) * math.sqrt(2)


def component_to_code(components: Tensor) -> Tensor:
    """Return quaternion components in units of a stored byte, not rounded."""
    return (components / math.sqrt(2) + 0.5) * 255
