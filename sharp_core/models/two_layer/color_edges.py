"""Move the steps of a disparity map to the edges of colour beside them.

The network draws outlines some pixels away from where they are, mostly too wide: a strip of
background then moves with the thing. Farther from a step than that, near and far each show their
own colours; in between, each cell goes to the side that it looks like.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

from sharp_core.models.two_layer.neighborhood import local_maximum, local_mean, local_minimum
from sharp_core.scene.colors import srgb_to_lab

_SHRINK = 4  # the colours of sides are gathered on every fourth cell
_BESIDE = 4  # cells of the shrunk grid beyond those in doubt, whose colours count
_LEAST_SEEN = 0.02  # share of a window that has to be surely of a side
_NOISE = 4.0  # CIE L*a*b* units by which one colour varies by itself
# Log likelihoods: how much better the other side has to fit for a cell to change sides, and the
# most that one cell can say before means are taken, so that an outlier does not outvote others.
_CLEARLY, _MOST = 1.5, 8.0
_AGREEING = 5  # cells a side of the squares over which they are averaged


class _Side(NamedTuple):
    """What lies on one side of steps, as means over windows around each cell of a grid."""

    seen: Tensor  # (g, g) bool: whether there is enough of it
    disparity: Tensor  # (g, g)
    lab: Tensor  # (3, g, g)
    variance: Tensor  # (3, g, g) of lab


class _Cells(NamedTuple):
    """N cells of the grid."""

    row: Tensor  # (N,)
    column: Tensor  # (N,)

    @property
    def shrunk(self) -> tuple[Tensor, Tensor]:
        """The same on the shrunk grid."""
        return self.row // _SHRINK, self.column // _SHRINK


def snap_to_colors(disparity: Tensor, rgb: Tensor, step: float, doubt: int) -> Tensor:
    """Return `disparity` (G, G) with its steps moved by up to `doubt` cells to edges of `rgb`.

    `rgb` (3, G, G) is sRGB in [0, 1]; `step` is the least change of disparity that counts.
    """
    small = disparity[::_SHRINK, ::_SHRINK].contiguous()  # (g, g)
    lab = srgb_to_lab(F.avg_pool2d(rgb, _SHRINK, ceil_mode=True))  # (3, g, g)
    reach = max(1, round(doubt / _SHRINK))
    high, low = _ends(small, reach)
    in_doubt = high - low > step
    high, low = _ends(small, reach + _BESIDE)
    middle = (high + low) / 2
    sure = (high - low > step) & ~in_doubt
    near = _side(sure & (small > middle), small, lab, reach + _BESIDE)
    far = _side(sure & (small <= middle), small, lab, reach + _BESIDE)
    known = in_doubt & near.seen & far.seen & (near.disparity - far.disparity > step)
    cells = _cells_of(known, disparity.shape)
    favour = _favour_of_near(rgb, cells, near, far)
    at = cells.shrunk
    value = disparity[cells.row, cells.column]
    is_near = value > middle[at]
    gets_near = torch.where(is_near, favour > -_CLEARLY, favour > _CLEARLY)
    other = torch.where(gets_near, near.disparity[at], far.disparity[at])
    moved = disparity.clone()
    moved[cells.row, cells.column] = torch.where(gets_near == is_near, value, other)
    return moved


def _ends(plane: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """Return the largest and the smallest value within `reach` cells."""
    return local_maximum(plane, 2 * reach + 1), local_minimum(plane, 2 * reach + 1)


def _side(mask: Tensor, disparity: Tensor, lab: Tensor, reach: int) -> _Side:
    """Gather the cells of `mask` (g, g) within `reach` of each cell."""
    planes = torch.cat((torch.ones_like(lab[:1]), disparity[None], lab, lab.square())) * mask
    sums = local_mean(planes, 2 * reach + 1)  # (8, g, g)
    means = sums[1:] / sums[0].clamp_min(1e-6)
    variance = (means[4:] - means[1:4].square()).clamp_min(0.0) + _NOISE**2
    return _Side(sums[0] > _LEAST_SEEN, means[0], means[1:4], variance)


def _cells_of(mask: Tensor, shape: torch.Size) -> _Cells:
    """Return the cells of a grid of that shape that `mask`, on the shrunk grid, covers."""
    whole = mask.repeat_interleave(_SHRINK, 0).repeat_interleave(_SHRINK, 1)
    return _Cells(*torch.nonzero(whole[: shape[0], : shape[1]], as_tuple=True))


def _favour_of_near(rgb: Tensor, cells: _Cells, near: _Side, far: _Side) -> Tensor:
    """Return by how much the colours of cells fit better to near than to far, (N,)."""
    own = srgb_to_lab(rgb[:, cells.row, cells.column][..., None])[..., 0]  # (3, N)
    favour = _log_likelihood(own, near, cells) - _log_likelihood(own, far, cells)
    plane = torch.zeros_like(rgb[0])
    plane[cells.row, cells.column] = favour.clamp_(-_MOST, _MOST)
    return local_mean(plane[None], _AGREEING)[0, cells.row, cells.column]


def _log_likelihood(own: Tensor, side: _Side, cells: _Cells) -> Tensor:
    """Return that of colours (3, N), each channel normally distributed about the side's mean."""
    row, column = cells.shrunk
    variance = side.variance[:, row, column]
    away = (own - side.lab[:, row, column]).square() / variance
    return -0.5 * (away + variance.log()).sum(dim=0)
