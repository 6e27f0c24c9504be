"""Give a coarse map the detail of a fine one: two runs of the network at two sizes make one map.

At the size of its training pictures the network sees a whole photo, but draws it softly. At
several times that size it draws edges and thin things, but loses sight of what is near and what is
far. So the broad shape comes from the small run and the detail from the large one, as Miangoleh
et al. combine runs (arXiv 2105.14021), here with a plain linear filter in place of their second
network.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

_BROAD = 0.04  # standard deviation, in long sides, from which shape counts as broad
_LEAST = 0.05  # of the range, from which a place is so near that detail may halve its disparity
_CELLS = 96  # long side of the grid on which the broad difference is blurred


def with_detail(coarse: Tensor, fine: Tensor) -> Tensor:
    """Return (H, W): `fine` (H, W), whose broad shape is replaced by that of `coarse` (h, w).

    Scale and shift of `fine` do not count: those that bring it closest to `coarse` are applied.
    """
    wanted = resized(coarse[None], *fine.shape)[0]
    fine = _closest(fine, wanted)
    return torch.maximum(fine + _broad(wanted - fine), _least(wanted, coarse))


def _closest(plane: Tensor, target: Tensor) -> Tensor:
    """Return `plane` with the scale and shift of the least squared difference from `target`."""
    centred, wanted = plane - plane.mean(), target - target.mean()
    scale = (centred * wanted).sum() / centred.square().sum().clamp_min(1e-12)
    return centred * scale.clamp_min(0.0) + target.mean()


def _least(enlarged: Tensor, coarse: Tensor) -> Tensor:
    """Return (H, W): the values below which detail must not push a map.

    Its far end is infinity, where a little less changes the depth without limit.
    """
    far, near = coarse.aminmax()  # bicubic `enlarged` goes beyond
    above = (enlarged - far).clamp_min(0.0)
    return far + (0.5 * above).clamp_max(_LEAST * (near - far))


def _broad(plane: Tensor) -> Tensor:
    """Blur (H, W) by a Gaussian of `_BROAD` long sides; beyond the rim, the rim is repeated."""
    height, width = plane.shape
    shrink = min(1.0, _CELLS / max(height, width))
    cells = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    small = F.adaptive_avg_pool2d(plane[None, None], cells)
    deviation = _BROAD * max(cells)
    reach = round(3 * deviation)
    offsets = torch.arange(-reach, reach + 1, dtype=plane.dtype)
    weights = torch.exp(-0.5 * (offsets / deviation).square())
    weights /= weights.sum()
    padded = F.pad(small, (reach, reach, reach, reach), mode="replicate")
    blurred = F.conv2d(F.conv2d(padded, weights.view(1, 1, -1, 1)), weights.view(1, 1, 1, -1))
    return resized(blurred[0], height, width)[0]


def resized(planes: Tensor, height: int, width: int) -> Tensor:
    """Resample (C, h, w) to (C, height, width)."""
    return F.interpolate(planes[None], (height, width), mode="bicubic")[0]
