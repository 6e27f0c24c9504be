"""List footprints by the image tiles that they touch, nearest first (compiled).

A footprint is a Gaussian in the image: a row of `FOOTPRINT` numbers, float32 or float64. With
dx, dy from its centre and [[A, B], [B, C]] its covariance in px^2,

    alpha = opacity exp(-q / 2),  q = FALL dy^2 + ACROSS (dx - SHEAR dy)^2

where FALL = 1 / C, SHEAR = B / C and ACROSS = 1 / (A - B^2 / C). A sum of squares cannot become
negative, and each term has a simple derivative.
"""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numba import boolean, float32, float64, int32, int64, typeof

from sharp_core.numba_compile import compiled, compiled_variants, inlined
from sharp_core.render.cpu.layout import TILE_HEIGHT, TILE_WIDTH, Value
from sharp_core.render.rules import MIN_ALPHA

U, V, SHEAR, ACROSS, FALL, OPACITY, DEPTH, COLOR = 0, 1, 2, 3, 4, 5, 6, 7
FOOTPRINT = 10  # the last three are red, green and blue

# Reaches are rounded up by this share: rounding must not hide a pixel at the threshold of alpha.
_ROUNDING = 1 + 1e-6


class Lists(NamedTuple):
    """The footprints of each tile; tiles are numbered row by row."""

    starts: Value  # (tiles + 1,) int64: tile i has the entries starts[i] to starts[i + 1]
    entries: Value  # (M,) int32: indices of footprints, nearest first within each tile
    own_starts: Value  # (N + 1,) int64: footprint j is at places[own_starts[j] : own_starts[j + 1]]
    places: Value  # (M,) int64: indices into `entries`


_COUNTS = np.empty(0, np.int64)
LISTS: Value = typeof(Lists(_COUNTS, np.empty(0, np.int32), _COUNTS, _COUNTS))  # type: ignore[no-untyped-call]


def list_by_tiles(
    footprints: Value, visible: Value, order: Value, width: int, height: int
) -> Lists:
    """Return the tile lists of footprints (N, FOOTPRINT); `order` (N,) sorts them by depth.

    Footprints that are not `visible` (N,), too faint or outside the image are in no list.
    """
    columns, rows = -(-width // TILE_WIDTH), -(-height // TILE_HEIGHT)
    rects = np.zeros((len(footprints), 4), np.int32)
    own_counts = np.zeros(len(footprints), np.int64)
    counts = np.zeros(columns * rows, np.int64)
    _find_tiles(footprints, visible, width, height, rects, own_counts, counts)
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    own_starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(own_counts)))
    entries, places = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int64)
    _fill_lists(order, rects, columns, starts[:-1].copy(), own_starts, entries, places)
    return Lists(starts, entries, own_starts, places)


@inlined
def q_limit(opacity: Value) -> Value:
    """Return the q at which alpha reaches its threshold, for an opacity above it."""
    return 2 * log(opacity / MIN_ALPHA)


@inlined
def pixels_within(center: Value, curvature: Value, limit: Value, first: int, end: int) -> Value:
    """Return the first pixel, and the one after the last, where curvature d^2 is below `limit`.

    d is the distance of the pixel's centre from `center`. Both are within `first` and `end`.
    """
    reach = sqrt(max(limit, 0.0) / curvature) * _ROUNDING
    nearest = max(center - reach - 0.5, float(first))
    farthest = min(center + reach + 0.5, float(end))
    return int(np.ceil(nearest)), int(np.ceil(farthest))


@inlined
def columns_within(footprint: Value, limit: Value, first: int, end: int) -> Value:
    """Return the first column, and the one after the last, that a footprint reaches."""
    shear, across, fall = footprint[SHEAR], footprint[ACROSS], footprint[FALL]
    variance_u = 1 / across + shear * shear / fall
    return pixels_within(footprint[U], 1 / variance_u, limit, first, end)


@compiled_variants(
    *(
        (real[:, ::1], boolean[::1], int64, int64, int32[:, ::1], int64[::1], int64[::1])
        for real in (float32, float64)
    )
)
def _find_tiles(
    footprints: Value,
    visible: Value,
    width: int,
    height: int,
    rects: Value,
    own_counts: Value,
    counts: Value,
) -> None:
    """Fill `rects` (N, 4), first column, end column, first row and end row of tiles, and counts."""
    columns = (width + TILE_WIDTH - 1) // TILE_WIDTH
    for j in range(len(footprints)):
        f = footprints[j]
        if not visible[j] or not f[OPACITY] >= MIN_ALPHA:  # NaN is not visible
            continue
        limit = q_limit(f[OPACITY])
        left, end_x = columns_within(f, limit, 0, width)
        top, end_y = pixels_within(f[V], f[FALL], limit, 0, height)
        if left >= end_x or top >= end_y:
            continue
        rects[j, 0], rects[j, 1] = left // TILE_WIDTH, (end_x - 1) // TILE_WIDTH + 1
        rects[j, 2], rects[j, 3] = top // TILE_HEIGHT, (end_y - 1) // TILE_HEIGHT + 1
        own_counts[j] = (rects[j, 1] - rects[j, 0]) * (rects[j, 3] - rects[j, 2])
        for row in range(rects[j, 2], rects[j, 3]):
            for column in range(rects[j, 0], rects[j, 1]):
                counts[row * columns + column] += 1


@compiled(int64[::1], int32[:, ::1], int64, int64[::1], int64[::1], int32[::1], int64[::1])
def _fill_lists(
    order: Value,
    rects: Value,
    columns: int,
    cursors: Value,
    own_starts: Value,
    entries: Value,
    places: Value,
) -> None:
    """Append footprints in the given order; `cursors` (tiles,) is advanced."""
    for j in order:
        own = own_starts[j]
        for row in range(rects[j, 2], rects[j, 3]):
            for column in range(rects[j, 0], rects[j, 1]):
                tile = row * columns + column
                entries[cursors[tile]] = j
                places[own] = cursors[tile]
                own += 1
                cursors[tile] += 1
