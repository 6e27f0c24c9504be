"""What the CPU engine's loops share: tiles, footprints, and the records they are given.

A Gaussian on the picture has the covariance [[A, B], [B, C]] in px^2. With dx, dy from its centre,

    alpha = opacity exp(-q / 2),  q = dy^2 / C + (dx - (B / C) dy)^2 / (A - B^2 / C)

so along a row q is one square plus a constant. Exponents are kept as powers of two over 8, hence
from `WEAKEST` to 0; why 8 is said in `cpu_blend`. Pixels are counted from the centre of the top
left one.
"""

from __future__ import annotations

from math import e, log2
from typing import Any, NamedTuple

import numpy as np
from numba import typeof

from sharp_core.render.rules import MIN_ALPHA

# A number or an array of any type: numba checks them, and mypy does not know its conversions.
Value = Any
f32: Value = np.float32
u64: Value = np.uint64  # what indexes: numba takes a signed one for possibly negative

# Long in x, as vectors are: few Gaussians are cut by a border, and five planes fit in 24 kB, below
# the first cache of any processor.
TILE_WIDTH = 64
TILE_HEIGHT = 16

EXPONENT_UNIT = 8
WEAKEST = f32(log2(MIN_ALPHA) / EXPONENT_UNIT)
HALF_LOG2E = f32(0.5 * log2(e) / EXPONENT_UNIT)  # exp(-q / 2) = 2^(-8 HALF_LOG2E q)

# Columns of a footprint, the record of a Gaussian on the picture: 48 bytes that lie together, since
# tiles read footprints in the order of depth.
U, V = 0, 1  # centre, px
SHEAR = 2  # B / C
STEP = 3  # growth along a row, per px, of the number whose square is taken from the exponent
FALL = 4  # what a distance of 1 px along a column takes from the exponent
PEAK = 5  # exponent at the centre
DEPTH = 6  # metres
REACH_U, REACH_V = 7, 8  # px from the centre to where alpha is too weak
COLOR = 9
FOOTPRINT = 12


class Scene(NamedTuple):
    """The Gaussians, made ready once."""

    means: Value  # (3, N) float32, metres
    axes: Value  # (9, N) float32: the columns of R S, one after the other
    peaks: Value  # (N,) float32: exponent of the opacity
    colors: Value  # (N, 3) float32


class View(NamedTuple):
    """A camera."""

    viewmat: Value  # (3, 4) float32
    pinhole: Value  # (8,) float32: fx, fy, cx, cy, then least and largest x / z and y / z
    width: int
    height: int


class Footprints(NamedTuple):
    """Gaussians on the picture."""

    values: Value  # (N, FOOTPRINT) float32
    rects: Value  # (N, 4) int16: first and last column, first and last row of tiles


class Lists(NamedTuple):
    """The footprints that touch each tile: those of tile i from starts[i] to starts[i + 1]."""

    starts: Value  # (tiles + 1,) int64
    entries: Value  # (M,) int32


class Picture(NamedTuple):
    """What is drawn."""

    color: Value  # (H, W, 3) float32
    depth: Value  # (H, W) float32
    alpha: Value  # (H, W) float32


def _type_of(*empty: Value) -> tuple[Value, ...]:
    return tuple(typeof(record) for record in empty)  # type: ignore[no-untyped-call]


# The same records as numba types.
_ROW, _TABLE = np.empty(0, np.float32), np.empty((0, 0), np.float32)
SCENE, VIEW, FOOTPRINTS, LISTS, PICTURE = _type_of(
    Scene(_TABLE, _TABLE, _ROW, _TABLE),
    View(_TABLE, _ROW, 0, 0),
    Footprints(_TABLE, np.empty((0, 0), np.int16)),
    Lists(np.empty(0, np.int64), np.empty(0, np.int32)),
    Picture(np.empty((0, 0, 0), np.float32), _TABLE, _TABLE),
)
