"""Pairs of near Gaussians, as views see them: candidates for merging.

In: positions (N, 3) in view space. Out: pairs of indices. In view space, distances are pixels: a
point at the distance r in the direction d lies at d f (1 + b / r). Across the view, a distance is
what the eye at the origin sees; along the ray, it is the parallax that a step of b metres to the
side shows. So a pair is near if no view from the head box tells the two apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import float64, int32, int64

from sharp_core.numba_compile import compiled
from sharp_core.render.cpu.layout import Value

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]

# Nearest neighbours of each Gaussian. A grid has eight, and a hidden layer lies behind it.
NEIGHBORS = 8
# Width of a cell of the search grid, in mean distances between neighbours.
_CELL = 2.0
# Gaussians that are compared per row of three cells: bounds the time where many share a place.
_MOST_PER_ROW = 48
# Cells per side of the grid: three coordinates fit one 64-bit key.
_MOST_CELLS = 1 << 20


class Pairs(NamedTuple):
    """Pairs of Gaussians, each once: first < second."""

    first: Indices  # (E,)
    second: Indices  # (E,)


def view_space(means: Floats, focal_px: float, parallax_m: float) -> Floats:
    """Return positions (N, 3) in metres in view space, in pixels."""
    distance = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
    points: Floats = means / distance * (focal_px * (1 + parallax_m / distance))
    return points


def near_pairs(points: Floats, spacing_px: float) -> Pairs:
    """Return pairs of near points (N, 3), whose usual distance from a neighbour is `spacing_px`.

    Points without a neighbour within some times that distance are in no pair.
    """
    low = points.min(axis=0)
    widest = float((points.max(axis=0) - low).max())
    cell = max(_CELL * spacing_px, widest / _MOST_CELLS, 1e-9)
    cells = np.floor((points - low) / cell).astype(np.int64)
    sides = cells.max(axis=0) + 1
    keys = (cells[:, 0] * sides[1] + cells[:, 1]) * sides[2] + cells[:, 2]
    order = np.argsort(keys, kind="stable")
    found = np.empty((len(points), NEIGHBORS), np.int32)
    _nearest(points[order], cells[order], keys[order], sides, found)
    owners = np.repeat(np.arange(len(points), dtype=np.int32), NEIGHBORS)
    is_found = found.ravel() >= 0
    first, second = order[owners[is_found]], order[found.ravel()[is_found]]
    return contracted(
        Pairs(first.astype(np.int32), second.astype(np.int32)),
        np.arange(len(points), dtype=np.int32),
        len(points),
    )


def contracted(pairs: Pairs, names: Indices, count: int) -> Pairs:
    """Return the pairs among `count` clusters, each once, where point i is in cluster `names[i]`.

    Their order is that of `first`, and does not depend on anything but the input.
    """
    first, second = names[pairs.first], names[pairs.second]
    out = Pairs(np.empty(len(first), np.int32), np.empty(len(first), np.int32))
    kept = _distinct(first, second, count, out.first, out.second)
    return Pairs(out.first[:kept].copy(), out.second[:kept].copy())


@compiled(float64[:, ::1], int64[:, ::1], int64[::1], int64[::1], int32[:, ::1])
def _nearest(points: Value, cells: Value, keys: Value, sides: Value, found: Value) -> None:
    """Fill `found` (N, K) with the nearest points of the 27 cells around each, or -1.

    Points are sorted by key, so the three cells of a row are one range.
    """
    count, most = found.shape
    distances = np.empty(most, np.float64)
    for i in range(count):
        distances[:] = np.inf
        found[i] = -1
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                x, y, z = cells[i, 0] + dx, cells[i, 1] + dy, cells[i, 2]
                if x < 0 or y < 0 or x >= sides[0] or y >= sides[1]:
                    continue
                row = (x * sides[1] + y) * sides[2]
                start = np.searchsorted(keys, row + max(z - 1, 0))
                last = row + min(z + 1, sides[2] - 1)
                if dx == 0 and dy == 0:
                    start = max(start, i - _MOST_PER_ROW // 2)
                for j in range(start, min(count, start + _MOST_PER_ROW)):
                    if keys[j] > last:
                        break
                    if j == i:
                        continue
                    distance = 0.0
                    for axis in range(3):
                        distance += (points[i, axis] - points[j, axis]) ** 2
                    if distance >= distances[most - 1]:
                        continue
                    place = most - 1
                    while place > 0 and distances[place - 1] > distance:
                        distances[place] = distances[place - 1]
                        found[i, place] = found[i, place - 1]
                        place -= 1
                    distances[place] = distance
                    found[i, place] = j


@compiled(int32[::1], int32[::1], int64, int32[::1], int32[::1])
def _distinct(first: Value, second: Value, count: int, out_first: Value, out_second: Value) -> int:
    """Write each pair once, smaller index first, without pairs of one point. Return their number.

    Pairs are counted into one bucket per smaller index: linear in the number of pairs.
    """
    pairs = len(first)
    starts = np.zeros(count + 1, np.int64)
    for e in range(pairs):
        if first[e] != second[e]:
            starts[min(first[e], second[e]) + 1] += 1
    for i in range(count):
        starts[i + 1] += starts[i]
    larger = np.empty(starts[count], np.int32)
    cursors = starts[:-1].copy()
    for e in range(pairs):
        if first[e] != second[e]:
            low = min(first[e], second[e])
            larger[cursors[low]] = max(first[e], second[e])
            cursors[low] += 1
    seen_by = np.full(count, -1, np.int32)
    kept = 0
    for i in range(count):
        for place in range(starts[i], starts[i + 1]):
            j = larger[place]
            if seen_by[j] != i:
                seen_by[j] = i
                out_first[kept], out_second[kept] = i, j
                kept += 1
    return kept
