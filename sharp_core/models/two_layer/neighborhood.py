"""Minimum, maximum, median and mean over the neighbours of each cell of a map (H, W).

At the rim, only neighbours inside the map count, or the rim is repeated: each says which.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

# Of lines: rows and columns from one of their cells to the next.
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


def local_maximum(plane: Tensor, size: int) -> Tensor:
    """Return the maximum of the `size` x `size` cells (an odd number) around each cell."""
    for dim in (0, 1):
        plane = _along(plane, size, dim)
    return plane


def local_minimum(plane: Tensor, size: int) -> Tensor:
    """Return the minimum of the `size` x `size` cells (an odd number) around each cell."""
    return -local_maximum(-plane, size)


def local_mean(planes: Tensor, size: int) -> Tensor:
    """Return the mean of `size` x `size` cells around each of (C, H, W); the rim is repeated."""
    reach = size // 2
    total = F.pad(planes, (reach, reach, reach, reach), mode="replicate")
    # Sums of slices are several times as fast as torch's pooling.
    for dim in (1, 2):
        length = planes.shape[dim]
        padded, total = total, total.narrow(dim, 0, length).clone()
        for start in range(1, size):
            total += padded.narrow(dim, start, length)
    return total.mul_(1 / size**2)


def despeckled(plane: Tensor) -> Tensor:
    """Return the median of the 3 x 3 cells around each cell; the rim is repeated.

    The median of nine is the median of the largest minimum, the median median and the smallest
    maximum of their three columns.
    """
    low, middle, high = _sorted3(*_shifted(plane, 0))
    return _sorted3(
        _highest(_shifted(low, 1)),
        _sorted3(*_shifted(middle, 1))[1],
        -_highest([-side for side in _shifted(high, 1)]),
    )[1]


def without_islands(plane: Tensor, length: int) -> Tensor:
    """Return (H, W) without bits that stand out and nowhere hold a line of `length` cells.

    Lines are level, upright, diagonal or halfway between these, and go on beyond the rim. This is
    the largest of the openings by all of them, so what is left keeps its outline.
    """
    margin = length
    plane = F.pad(plane, (margin, margin, margin, margin), value=torch.inf)
    kept = torch.full_like(plane, -torch.inf)
    for down, right in _DIRECTIONS:
        # Of a line halfway, every second cell is looked at.
        cells = 1 + -(-(length - 1) // max(abs(down), abs(right)))
        least = -_line_maximum(-plane, cells, down, right)  # of the line that begins here
        kept = torch.maximum(kept, _line_maximum(least, cells, -down, -right))
    return kept[margin:-margin, margin:-margin].contiguous()


def _line_maximum(plane: Tensor, length: int, down: int, right: int) -> Tensor:
    """Return the maximum of each cell and the `length - 1` after it, of those inside the map."""
    done = 1
    while done < length:
        step = min(done, length - done)
        result = plane.clone()
        side = _cut(result, -step * down, -step * right)
        torch.maximum(side, _cut(plane, step * down, step * right), out=side)
        plane = result
        done += step
    return plane


def _cut(plane: Tensor, down: int, right: int) -> Tensor:
    """Return a view without the first `down` rows and `right` columns, or the last if negative."""
    height, width = plane.shape
    return plane[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]


def _along(plane: Tensor, size: int, dim: int) -> Tensor:
    """Return the maximum over `size` cells along one dimension, of those inside the map."""
    result = plane.clone()
    length = plane.shape[dim]
    for step in range(1, min(size // 2, length - 1) + 1):
        rest = length - step
        ahead, behind = plane.narrow(dim, step, rest), plane.narrow(dim, 0, rest)
        for target, source in ((0, ahead), (step, behind)):
            side = result.narrow(dim, target, rest)
            torch.maximum(side, source, out=side)
    return result


def _shifted(plane: Tensor, dim: int) -> list[Tensor]:
    """Return each cell's neighbour before it, itself, and the one after it, along `dim`."""
    padding = (0, 0, 1, 1) if dim == 0 else (1, 1, 0, 0)
    padded = F.pad(plane[None, None], padding, mode="replicate")[0, 0]
    return [padded.narrow(dim, start, plane.shape[dim]) for start in range(3)]


def _sorted3(a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    middle = torch.minimum(high, c)
    return torch.minimum(low, c), torch.maximum(low, middle), torch.maximum(high, c)


def _highest(planes: list[Tensor]) -> Tensor:
    return torch.maximum(torch.maximum(planes[0], planes[1]), planes[2])
