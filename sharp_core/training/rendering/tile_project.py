"""Project Gaussians to footprints, and the gradients of that (compiled).

The same formulas as in `projection.py`, whose gradients torch derives. Names follow it: a and b are
the rows of the Jacobian times the view matrix, p and q those times the scaled axes R S, and n is
p x q, whose square is the determinant of the covariance.
"""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np
from numba import boolean, float32, float64, int64, typeof

from sharp_core.numba_compile import compiled_variants, inlined
from sharp_core.render.cpu.layout import PackedCamera, Value
from sharp_core.render.rules import NEAR_M
from sharp_core.training.rendering.tile_lists import (
    ACROSS,
    COLOR,
    DEPTH,
    FALL,
    FOOTPRINT,
    LISTS,
    OPACITY,
    SHEAR,
    Lists,
    U,
    V,
)


class Parameters(NamedTuple):
    """The fields of `Gaussians`, or their gradients, as contiguous arrays of one precision."""

    means: Value  # (N, 3)
    quats: Value  # (N, 4)
    scales: Value  # (N, 3)
    opacities: Value  # (N,)
    colors: Value  # (N, 3)


def _types(dtype: type) -> tuple[Value, Value]:
    """Return the numba types of `Parameters` and `PackedCamera` in float32 or float64."""
    row: Value = np.empty(0, dtype)
    table: Value = np.empty((0, 0), dtype)
    parameters = Parameters(table, table, table, row, table)
    return typeof(parameters), typeof(PackedCamera(table, row, 0, 0))  # type: ignore[no-untyped-call]


_VARIANTS = ((float32, *_types(np.float32)), (float64, *_types(np.float64)))


@inlined
def _dot(a: Value, b: Value) -> Value:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _cross(a: Value, b: Value) -> Value:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@inlined
def _add(a: Value, b: Value) -> Value:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


@inlined
def _times(a: Value, s: Value) -> Value:
    return (a[0] * s, a[1] * s, a[2] * s)


@inlined
def _row(matrix: Value, i: int) -> Value:
    return (matrix[i, 0], matrix[i, 1], matrix[i, 2])


@inlined
def _rotation(quat: Value) -> Value:
    """Return 2 / |q|^2, and the columns of the rotation matrix."""
    one, two = quat.dtype.type(1), quat.dtype.type(2)
    w, x, y, z = quat[0], quat[1], quat[2], quat[3]
    twice = two / (w * w + x * x + y * y + z * z)
    first = (one - twice * (y * y + z * z), twice * (x * y + w * z), twice * (x * z - w * y))
    second = (twice * (x * y - w * z), one - twice * (x * x + z * z), twice * (y * z + w * x))
    third = (twice * (x * z + w * y), twice * (y * z - w * x), one - twice * (x * x + y * y))
    return twice, (first, second, third)


@inlined
def _seen_from(mean: Value, view: PackedCamera) -> Value:
    """Return x / z, y / z and z of a point in the camera's axes."""
    r = view.viewmat
    z = _dot(_row(r, 2), mean) + r[2, 3]
    return (_dot(_row(r, 0), mean) + r[0, 3]) / z, (_dot(_row(r, 1), mean) + r[1, 3]) / z, z


@inlined
def _camera_rows(x: Value, y: Value, z: Value, view: PackedCamera) -> Value:
    """Return a and b for x / z, y / z and z. Outside the image's margin the slopes are clamped."""
    r, pinhole = view.viewmat, view.pinhole
    slope_x = min(max(x, pinhole[4]), pinhole[5])
    slope_y = min(max(y, pinhole[6]), pinhole[7])
    a = _times(_add(_row(r, 0), _times(_row(r, 2), -slope_x)), pinhole[0] / z)
    b = _times(_add(_row(r, 1), _times(_row(r, 2), -slope_y)), pinhole[1] / z)
    return a, b


@inlined
def _along(a: Value, axes: Value) -> Value:
    """Return the scalar products of `a` and three axes."""
    return (_dot(a, axes[0]), _dot(a, axes[1]), _dot(a, axes[2]))


@inlined
def _scaled(a: Value, s: Value) -> Value:
    """Return the products of the elements of `a` and `s`."""
    return (a[0] * s[0], a[1] * s[1], a[2] * s[2])


@inlined
def _combined(axes: Value, s: Value) -> Value:
    """Return the sum of three axes times the elements of `s`."""
    return _add(_add(_times(axes[0], s[0]), _times(axes[1], s[1])), _times(axes[2], s[2]))


@compiled_variants(
    *(
        (int64, int64, parameters, camera, real[:, ::1], boolean[::1])
        for real, parameters, camera in _VARIANTS
    )
)
def project_footprints(
    first: int,
    last: int,
    gaussians: Parameters,
    view: PackedCamera,
    footprints: Value,
    visible: Value,
) -> None:
    """Fill `footprints` (N, FOOTPRINT) and `visible` (N,) for Gaussians first to last.

    Invisible ones, too near, without area or not finite, may have any footprint.
    """
    pinhole = view.pinhole
    for j in range(first, last):
        f = footprints[j]
        x, y, z = _seen_from(_row(gaussians.means, j), view)
        visible[j] = False
        f[DEPTH] = 0
        if not z >= NEAR_M:  # NaN is not visible
            continue
        a, b = _camera_rows(x, y, z, view)
        _, axes = _rotation(gaussians.quats[j])
        scales = _row(gaussians.scales, j)
        p, q = _scaled(_along(a, axes), scales), _scaled(_along(b, axes), scales)
        n = _cross(p, q)
        variance_v, determinant = _dot(q, q), _dot(n, n)
        if not determinant > 0:
            continue
        f[U], f[V] = pinhole[0] * x + pinhole[2], pinhole[1] * y + pinhole[3]
        f[SHEAR] = _dot(p, q) / variance_v
        f[ACROSS], f[FALL] = variance_v / determinant, 1 / variance_v
        # Pixels of an infinite footprint cannot be listed.
        visible[j] = isfinite(f[U] + f[V] + f[SHEAR] + f[ACROSS] + f[FALL])
        f[OPACITY], f[DEPTH] = gaussians.opacities[j], z
        for channel in range(3):
            f[COLOR + channel] = gaussians.colors[j, channel]


@inlined
def _quat_gradient(quat: Value, twice: Value, axes: Value, d: Value) -> Value:
    """Return the gradient of a quaternion from `d`, the gradients of the rotation's columns."""
    two = quat.dtype.type(2)
    w, x, y, z = quat[0], quat[1], quat[2], quat[3]
    (g00, g10, g20), (g01, g11, g21), (g02, g12, g22) = d
    # R - 1 is proportional to 2 / |q|^2, whose own gradient is along q.
    length = _dot(d[0], axes[0]) + _dot(d[1], axes[1]) + _dot(d[2], axes[2])
    length -= g00 + g11 + g22
    d_w = x * (g21 - g12) + y * (g02 - g20) + z * (g10 - g01)
    d_x = y * (g01 + g10) + z * (g02 + g20) + w * (g21 - g12) - two * x * (g11 + g22)
    d_y = x * (g01 + g10) + z * (g12 + g21) + w * (g02 - g20) - two * y * (g00 + g22)
    d_z = x * (g02 + g20) + y * (g12 + g21) + w * (g10 - g01) - two * z * (g00 + g11)
    return (
        twice * (d_w - length * w),
        twice * (d_x - length * x),
        twice * (d_y - length * y),
        twice * (d_z - length * z),
    )


@compiled_variants(
    *(
        (int64, int64, parameters, camera, LISTS, real[:, ::1], parameters)
        for real, parameters, camera in _VARIANTS
    )
)
def project_footprints_backward(
    first: int,
    last: int,
    gaussians: Parameters,
    view: PackedCamera,
    lists: Lists,
    entry_gradients: Value,
    gradients: Parameters,
) -> None:
    """Fill `gradients` for Gaussians first to last from those of their list entries.

    Gaussians in no list keep the gradients that are there.
    """
    r, pinhole = view.viewmat, view.pinhole
    d = np.empty(FOOTPRINT, entry_gradients.dtype)
    zero, one, two = d.dtype.type(0), d.dtype.type(1), d.dtype.type(2)
    for j in range(first, last):
        if lists.own_starts[j] == lists.own_starts[j + 1]:
            continue
        d[:] = zero
        for k in range(lists.own_starts[j], lists.own_starts[j + 1]):
            for column in range(FOOTPRINT):
                d[column] += entry_gradients[lists.places[k], column]

        # The forward pass again.
        x, y, z = _seen_from(_row(gaussians.means, j), view)
        a, b = _camera_rows(x, y, z, view)
        twice, axes = _rotation(gaussians.quats[j])
        scales = _row(gaussians.scales, j)
        p, q = _scaled(_along(a, axes), scales), _scaled(_along(b, axes), scales)
        n = _cross(p, q)
        fall, per_determinant = one / _dot(q, q), one / _dot(n, n)
        shear = _dot(p, q) * fall

        # From the footprint to p and q, through n n, the covariance p q and the variance q q.
        d_determinant = -d[ACROSS] * per_determinant * per_determinant / fall
        d_covariance = d[SHEAR] * fall
        d_variance = d[ACROSS] * per_determinant - fall * (d[SHEAR] * shear + d[FALL] * fall)
        d_n = _times(n, two * d_determinant)
        d_p = _add(_cross(q, d_n), _times(q, d_covariance))
        d_q = _add(_cross(d_n, p), _add(_times(p, d_covariance), _times(q, two * d_variance)))

        # To scales, axes, a and b.
        d_scales = _add(_scaled(_along(a, axes), d_p), _scaled(_along(b, axes), d_q))
        d_p, d_q = _scaled(d_p, scales), _scaled(d_q, scales)
        d_axes = (
            _add(_times(a, d_p[0]), _times(b, d_q[0])),
            _add(_times(a, d_p[1]), _times(b, d_q[1])),
            _add(_times(a, d_p[2]), _times(b, d_q[2])),
        )
        d_a, d_b = _combined(axes, d_p), _combined(axes, d_q)

        # To the mean, through x / z, y / z and z. A clamped slope has no gradient.
        free_x = one if pinhole[4] <= x <= pinhole[5] else zero
        free_y = one if pinhole[6] <= y <= pinhole[7] else zero
        d_x = pinhole[0] * (d[U] - free_x * _dot(d_a, _row(r, 2)) / z)
        d_y = pinhole[1] * (d[V] - free_y * _dot(d_b, _row(r, 2)) / z)
        d_z = d[DEPTH] - (_dot(d_a, a) + _dot(d_b, b) + d_x * x + d_y * y) / z
        d_mean = _combined((_row(r, 0), _row(r, 1), _row(r, 2)), (d_x / z, d_y / z, d_z))

        d_quat = _quat_gradient(gaussians.quats[j], twice, axes, d_axes)
        for i in range(3):
            gradients.means[j, i] = d_mean[i]
            gradients.scales[j, i] = d_scales[i]
            gradients.colors[j, i] = d[COLOR + i]
        for i in range(4):
            gradients.quats[j, i] = d_quat[i]
        gradients.opacities[j] = d[OPACITY]
