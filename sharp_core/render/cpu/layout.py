"""Data layout of the CPU engine: tile size, columns of a footprint, and records for numba.

A footprint is a Gaussian projected to the image, with covariance [[A, B], [B, C]] in px^2. With
dx, dy from its centre,

    alpha = opacity exp(-q / 2),  q = dy^2 / C + (dx - (B / C) dy)^2 / (A - B^2 / C)

so along a row q is one square plus a constant. Exponents are stored as log2(alpha) / 8, from
`WEAKEST` to 0; `blend.py` explains the 8. The centre of the top left pixel is (0, 0) here.
"""

from __future__ import annotations

from math import e, log2
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import typeof

from sharp_core.render.rules import JACOBIAN_MARGIN, MIN_ALPHA
from sharp_core.scene.cameras import Camera

# A number or an array of any type: numba checks the types, and mypy does not know its conversions.
Value = Any
f32: Value = np.float32
u64: Value = np.uint64  # for indices: with signed ones numba adds code for negative indices

# Long in x, as SIMD vectors are. Tile borders cut few Gaussians, and the five planes take 24 kB,
# which fits the L1 cache of any CPU.
TILE_WIDTH = 64
TILE_HEIGHT = 16

EXPONENT_UNIT = 8
WEAKEST = f32(log2(MIN_ALPHA) / EXPONENT_UNIT)
HALF_LOG2E = f32(0.5 * log2(e) / EXPONENT_UNIT)  # exp(-q / 2) = 2^(-8 HALF_LOG2E q)

# Columns of a footprint. Its 48 bytes are contiguous, since tiles read footprints in depth order.
U, V = 0, 1  # centre, px
SHEAR = 2  # B / C
STEP = 3  # along a row, the exponent falls by the square of a term that grows by STEP per px
FALL = 4  # decrease of the exponent at a distance of 1 px along a column
PEAK = 5  # exponent at the centre
DEPTH = 6  # metres
REACH_U, REACH_V = 7, 8  # half extent in px: alpha is below the threshold beyond it
COLOR = 9
FOOTPRINT = 12


class CpuScene(NamedTuple):
    """The Gaussians, prepared once per renderer."""

    means: Value  # (3, N) float32, metres
    axes: Value  # (9, N) float32: the three columns of R S
    peaks: Value  # (N,) float32: exponent of the opacity
    colors: Value  # (N, 3) float32


class PackedCamera(NamedTuple):
    """A camera, as arrays of one precision."""

    viewmat: Value  # (3, 4)
    pinhole: Value  # (8,): fx, fy, cx, cy, min and max of x / z, min and max of y / z
    width: int
    height: int


def pack_camera(camera: Camera, dtype: npt.DTypeLike = np.float32) -> PackedCamera:
    """Return a camera with the limits within which the projection's Jacobian is evaluated."""
    seen = camera.intrinsics
    margin_x, margin_y = JACOBIAN_MARGIN * seen.width, JACOBIAN_MARGIN * seen.height
    slopes_x = (-seen.cx - margin_x) / seen.fx, (seen.width - seen.cx + margin_x) / seen.fx
    slopes_y = (-seen.cy - margin_y) / seen.fy, (seen.height - seen.cy + margin_y) / seen.fy
    pinhole = np.array([seen.fx, seen.fy, seen.cx, seen.cy, *slopes_x, *slopes_y], dtype)
    return PackedCamera(np.array(camera.viewmat[:3], dtype), pinhole, seen.width, seen.height)


class Footprints(NamedTuple):
    """Gaussians projected to the image."""

    values: Value  # (N, FOOTPRINT) float32
    rects: Value  # (N, 4) int16: first and last column, first and last row of tiles


class TileLists(NamedTuple):
    """The footprints that touch each tile: entries[starts[i] : starts[i + 1]] for tile i."""

    starts: Value  # (tiles + 1,) int64
    entries: Value  # (M,) int32: indices of footprints


class FrameBuffer(NamedTuple):
    """The planes of the rendered image."""

    color: Value  # (H, W, 3) float32
    depth: Value  # (H, W) float32
    alpha: Value  # (H, W) float32


def _type_of(*empty: Value) -> tuple[Value, ...]:
    return tuple(typeof(record) for record in empty)  # type: ignore[no-untyped-call]


# The same records as numba types.
_ROW, _TABLE = np.empty(0, np.float32), np.empty((0, 0), np.float32)
SCENE, CAMERA, FOOTPRINTS, TILE_LISTS, FRAME_BUFFER = _type_of(
    CpuScene(_TABLE, _TABLE, _ROW, _TABLE),
    PackedCamera(_TABLE, _ROW, 0, 0),
    Footprints(_TABLE, np.empty((0, 0), np.int16)),
    TileLists(np.empty(0, np.int64), np.empty(0, np.int32)),
    FrameBuffer(np.empty((0, 0, 0), np.float32), _TABLE, _TABLE),
)
