"""First half of a CPU frame: project Gaussians to footprints, and list footprints by tile."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import float32, int32, int64

from sharp_core.numba_compile import ceil_of_positive, compiled, inlined
from sharp_core.render.cpu.layout import (
    CAMERA,
    COLOR,
    DEPTH,
    FALL,
    FOOTPRINTS,
    HALF_LOG2E,
    PEAK,
    REACH_U,
    REACH_V,
    SCENE,
    SHEAR,
    STEP,
    TILE_HEIGHT,
    TILE_WIDTH,
    WEAKEST,
    CpuScene,
    Footprints,
    PackedCamera,
    U,
    V,
    Value,
    f32,
)
from sharp_core.render.rules import NEAR_M

_NEAR, _INFINITY = f32(NEAR_M), f32(np.inf)
_ZERO, _HALF, _ONE, _TWO = f32(0), f32(0.5), f32(1), f32(2)

# Gaussians per block: the values stay in the L1 cache between the two passes.
_BLOCK = 256


@compiled(int64, int64, float32[:, :], float32[:, :], float32[:, ::1])
def scaled_axes(first: int, last: int, quats: Value, scales: Value, axes: Value) -> None:
    """Fill `axes` (9, N), the columns of R S. Quaternions (N, 4) may have any length."""
    for j in range(first, last):
        w, x, y, z = quats[j, 0], quats[j, 1], quats[j, 2], quats[j, 3]
        twice = _TWO / (w * w + x * x + y * y + z * z)
        s0, s1, s2 = scales[j, 0], scales[j, 1], scales[j, 2]
        axes[0, j] = s0 * (_ONE - twice * (y * y + z * z))
        axes[1, j] = s0 * twice * (x * y + w * z)
        axes[2, j] = s0 * twice * (x * z - w * y)
        axes[3, j] = s1 * twice * (x * y - w * z)
        axes[4, j] = s1 * (_ONE - twice * (x * x + z * z))
        axes[5, j] = s1 * twice * (y * z + w * x)
        axes[6, j] = s2 * twice * (x * z + w * y)
        axes[7, j] = s2 * twice * (y * z - w * x)
        axes[8, j] = s2 * (_ONE - twice * (x * x + y * y))


@inlined
def _project_block(
    scene: CpuScene, view: PackedCamera, start: int, size: int, block: Value
) -> None:
    """Fill `block` (COLOR, size), columns of footprints from `start` on.

    The loop has no branch, so that LLVM vectorises it.
    """
    means, axes, peaks = scene.means, scene.axes, scene.peaks
    r, pinhole = view.viewmat, view.pinhole
    r00, r01, r02, t0 = r[0, 0], r[0, 1], r[0, 2], r[0, 3]
    r10, r11, r12, t1 = r[1, 0], r[1, 1], r[1, 2], r[1, 3]
    r20, r21, r22, t2 = r[2, 0], r[2, 1], r[2, 2], r[2, 3]
    fx, fy, cx, cy = pinhole[0], pinhole[1], pinhole[2] - _HALF, pinhole[3] - _HALF
    min_x, max_x, min_y, max_y = pinhole[4], pinhole[5], pinhole[6], pinhole[7]
    for i in range(size):
        j = start + i
        px, py, pz = means[0, j], means[1, j], means[2, j]
        z = r20 * px + r21 * py + r22 * pz + t2
        per_z = _ONE / z
        x = (r00 * px + r01 * py + r02 * pz + t0) * per_z
        y = (r10 * px + r11 * py + r12 * pz + t1) * per_z
        clamped_x, clamped_y = min(max(x, min_x), max_x), min(max(y, min_y), max_y)
        # a, b: rows of Jacobian times rotation. p, q: rows of that times the axes. (p, q) (p, q)^T
        # is the covariance, and the square of p x q its determinant, accurate for thin Gaussians.
        fx_z, fy_z = fx * per_z, fy * per_z
        a0, b0 = fx_z * (r00 - clamped_x * r20), fy_z * (r10 - clamped_y * r20)
        a1, b1 = fx_z * (r01 - clamped_x * r21), fy_z * (r11 - clamped_y * r21)
        a2, b2 = fx_z * (r02 - clamped_x * r22), fy_z * (r12 - clamped_y * r22)
        p0 = a0 * axes[0, j] + a1 * axes[1, j] + a2 * axes[2, j]
        p1 = a0 * axes[3, j] + a1 * axes[4, j] + a2 * axes[5, j]
        p2 = a0 * axes[6, j] + a1 * axes[7, j] + a2 * axes[8, j]
        q0 = b0 * axes[0, j] + b1 * axes[1, j] + b2 * axes[2, j]
        q1 = b0 * axes[3, j] + b1 * axes[4, j] + b2 * axes[5, j]
        q2 = b0 * axes[6, j] + b1 * axes[7, j] + b2 * axes[8, j]
        n0, n1, n2 = p1 * q2 - p2 * q1, p2 * q0 - p0 * q2, p0 * q1 - p1 * q0
        var_u, var_v = p0 * p0 + p1 * p1 + p2 * p2, q0 * q0 + q1 * q1 + q2 * q2
        max_q = (peaks[j] - WEAKEST) / HALF_LOG2E  # the q at which alpha reaches the threshold
        block[U, i] = fx * x + cx
        block[V, i] = fy * y + cy
        block[SHEAR, i] = (p0 * q0 + p1 * q1 + p2 * q2) / var_v
        block[STEP, i] = sqrt(HALF_LOG2E * var_v / (n0 * n0 + n1 * n1 + n2 * n2))
        block[FALL, i] = HALF_LOG2E / var_v
        block[PEAK, i] = peaks[j]
        block[DEPTH, i] = z
        block[REACH_U, i] = sqrt(max_q * var_u)
        block[REACH_V, i] = sqrt(max_q * var_v)


@compiled(int64, int64, SCENE, CAMERA, FOOTPRINTS, int32[:, ::1])
def project_gaussians(
    first: int,
    last: int,
    scene: CpuScene,
    view: PackedCamera,
    footprints: Footprints,
    counts: Value,
) -> int:
    """Project Gaussians first to last. Visible ones fill `footprints` from index `first` on.

    Adds to `counts` (rows, columns) how many footprints touch each tile. Returns the end index.
    """
    right, bottom = f32(view.width - 1), f32(view.height - 1)
    values, rects = footprints.values, footprints.rects
    block = np.empty((COLOR, _BLOCK), np.float32)
    end = first
    for start in range(first, last, _BLOCK):
        size = min(_BLOCK, last - start)
        _project_block(scene, view, start, size, block)
        for i in range(size):
            u, v, reach_u, reach_v = block[U, i], block[V, i], block[REACH_U, i], block[REACH_V, i]
            # NaN fails each of these comparisons.
            has_area = _ZERO < block[STEP, i] < _INFINITY
            across = u + reach_u >= _ZERO and u - reach_u <= right
            down = v + reach_v >= _ZERO and v - reach_v <= bottom
            if not (has_area and across and down and block[DEPTH, i] >= _NEAR):
                continue
            left = ceil_of_positive(max(u - reach_u, _ZERO)) // TILE_WIDTH
            top = ceil_of_positive(max(v - reach_v, _ZERO)) // TILE_HEIGHT
            last_column = int(min(u + reach_u, right)) // TILE_WIDTH
            last_row = int(min(v + reach_v, bottom)) // TILE_HEIGHT
            rects[end, 0], rects[end, 1] = left, last_column
            rects[end, 2], rects[end, 3] = top, last_row
            for k in range(COLOR):
                values[end, k] = block[k, i]
            for k in range(3):
                values[end, COLOR + k] = scene.colors[start + i, k]
            for row in range(top, last_row + 1):
                for column in range(left, last_column + 1):
                    counts[row, column] += 1
            end += 1
    return end


@compiled(int64, int64, FOOTPRINTS, int64, int64, int64[:, ::1], int32[::1])
def fill_tile_lists(
    first: int,
    last: int,
    footprints: Footprints,
    top: int,
    bottom: int,
    cursors: Value,
    entries: Value,
) -> None:
    """Append the indices of footprints first to last to the lists of the tiles that they touch.

    Only tile rows in [top, bottom) are filled. `cursors` (rows, columns) is the next free index of
    each list in `entries`, and is advanced.
    """
    rects = footprints.rects
    for j in range(first, last):
        for row in range(max(rects[j, 2], top), min(rects[j, 3] + 1, bottom)):
            for column in range(rects[j, 0], rects[j, 1] + 1):
                entries[cursors[row, column]] = j
                cursors[row, column] += 1
