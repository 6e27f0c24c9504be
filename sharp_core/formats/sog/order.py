"""Position of each Gaussian in the images of a SOG: the predictor's grid, or a Morton order."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.containers.webp import LONGEST_SIDE
from sharp_core.formats.sog.planes import Plane, compress_lengths
from sharp_core.scene.conventions import LAYERS, is_grid_count
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.to_host import to_host

_MORTON_BITS = 10  # per axis: finer than any neighbourhood that image compression uses


class ImageLayout(NamedTuple):
    """Size of the images, and the number of grid layers that they contain, one above another."""

    width: int
    height: int
    layers: int  # 2 for a predictor's grid, 1 for anything else

    def image(self, channels: Tensor) -> Plane:
        """Return channels (C, N) as an image (height, width, C), padded with zeros."""
        image = np.zeros((self.height * self.width, len(channels)), dtype=np.uint8)
        image[: channels.shape[1]] = to_host(channels.t().to(torch.uint8)).numpy()
        return image.reshape(self.height, self.width, -1)


def image_layout(count: int, *, has_grid: bool) -> ImageLayout:
    """Return the layout for `count` splats. Raises FormatError if there are too many."""
    side = math.isqrt(count // LAYERS)
    if has_grid and is_grid_count(count) and LAYERS * side <= LONGEST_SIDE:
        return ImageLayout(side, LAYERS * side, layers=LAYERS)
    width = 4 * math.ceil(math.sqrt(count) / 4)
    if width > LONGEST_SIDE:
        raise FormatError(f"a SOG holds {LONGEST_SIDE**2} Gaussians at most, not {count}")
    return ImageLayout(width, math.ceil(count / width), layers=1)


def sort_by_morton_order(gaussians: Gaussians) -> Gaussians:
    """Return the same Gaussians, sorted along a Morton curve through their positions."""
    low, high = torch.aminmax(gaussians.means, dim=0)
    low, high = compress_lengths(low), compress_lengths(high)
    share = (compress_lengths(gaussians.means) - low) / (high - low).clamp_min(1e-30)
    cells = (share * ((1 << _MORTON_BITS) - 1)).long()
    code = torch.zeros_like(cells[:, 0])
    for bit in range(_MORTON_BITS):
        for axis in range(3):
            code |= ((cells[:, axis] >> bit) & 1) << (3 * bit + axis)
    return gaussians.select(code.argsort(stable=True))
