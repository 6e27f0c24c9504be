"""Group Gaussians into at most a given number of cells, so that views lose little, in a second.

In and out as in `clusters`, which takes several times as long and looks better by 1 to 1.5 dB
(measured on one scene). View space is divided into cubes, of which eight at a time make one of
twice the width. A cube stays whole where one mean in place of its Gaussians costs no more than a
limit, by the criterion of `clusters`; other cubes are divided further. The limit is the least with
which there are few enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.budget.clusters import POSITION_WEIGHT, sums_by
from sharp_core.budget.neighbors import Floats, Indices

# Width of the smallest cubes, in mean distances between neighbours.
_SMALLEST = 1.5
# The largest cubes are this many times fewer than cells are wanted.
_LARGEST = 64
# Bits of a place along one side: three fit one 64-bit key.
_BITS = 20
# Halvings of the interval in which the limit lies: finer than its rounding.
_HALVINGS = 50

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


class _Cubes(NamedTuple):
    """All cubes of one width."""

    costs: Floats  # (C,): what one mean in place of all Gaussians inside costs
    members: Numbers  # the cube of each cube of half the width; of the smallest, of each Gaussian


def cells(points: Floats, weights: Floats, srgb: Floats, target: int, spacing_px: float) -> Indices:
    """Return the cell (N,) of each Gaussian, numbered from 0; there are at most `target`.

    `points` (N, 3) are positions in view space in pixels, `weights` (N,) areas above zero, `srgb`
    (N, 3) colours.
    """
    widths = _all_cubes(points, weights, srgb, target, spacing_px)
    low, high = 0.0, max(float(cubes.costs.max()) for cubes in widths)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(map(np.count_nonzero, _whole(widths, middle))) > target:
            low = middle
        else:
            high = middle
    return _numbered(widths, _whole(widths, high))


def _all_cubes(
    points: Floats, weights: Floats, srgb: Floats, target: int, spacing_px: float
) -> list[_Cubes]:
    """Return the cubes of each width, the smallest first."""
    low = points.min(axis=0)
    width = max(_SMALLEST * spacing_px, float((points.max(axis=0) - low).max()) / 2**_BITS, 1e-9)
    places = np.floor((points - low) / width).astype(np.int64)
    features = np.concatenate([srgb, POSITION_WEIGHT * points], axis=1)
    squares = np.square(features).sum(axis=1, keepdims=True)
    # Of a cube: its weight, the sum of its features, and that of their squares.
    sums = weights[:, None] * np.concatenate([np.ones_like(squares), features, squares], axis=1)
    widths: list[_Cubes] = []
    while True:
        keys = (places[:, 0] << 2 * (_BITS + 1)) | (places[:, 1] << (_BITS + 1)) | places[:, 2]
        _, first, members = np.unique(keys, return_index=True, return_inverse=True)
        sums = sums_by(members.astype(np.int32), len(first), sums)
        of_means = np.square(sums[:, 1:-1]).sum(axis=1) / sums[:, 0]
        widths.append(_Cubes(sums[:, -1] - of_means, members))
        if len(first) <= max(1, target // _LARGEST):
            return widths
        places = places[first] >> 1


def _whole(widths: list[_Cubes], limit: float) -> list[Bools]:
    """Return which cubes of each width stay whole, the smallest first."""
    found: list[Bools] = []
    is_open = np.ones(len(widths[-1].costs), np.bool_)  # no cube around it stays whole
    for cubes in reversed(widths):
        is_whole = is_open & ((cubes.costs <= limit) if cubes is not widths[0] else True)
        found.append(is_whole)
        is_open = (is_open & ~is_whole)[cubes.members]
    return found[::-1]


def _numbered(widths: list[_Cubes], whole: list[Bools]) -> Indices:
    """Return the number of the whole cube around each Gaussian."""
    numbers = np.full(len(widths[-1].costs), -1, np.int64)
    count = 0
    for cubes, is_whole in zip(reversed(widths), reversed(whole), strict=True):
        more = int(np.count_nonzero(is_whole))
        numbers[is_whole] = np.arange(count, count + more)
        count += more
        numbers = numbers[cubes.members]
    return numbers.astype(np.int32)
