"""Choose the representation of a Gaussian's shape, so that neighbours store similar numbers.

`smallest_rotation` picks one of the 24 equal forms. The other functions work on the covariance as
projected from the photo's camera: given one axis of a Gaussian, rounded to any precision, they
choose the other two axes such that the projection does not change.

Tensors have one row per component, (3, N) and (4, N), which is the fast layout in PyTorch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.scene.quaternions import multiply_quats

# Maximum share of the projected covariance from the given axis, so that the others stay positive.
_MOST_FROM_AXIS = 0.5
# Ratio of the axes below which float32 cannot distinguish the shorter one from zero.
_FLATTEST = 1e-3
_ROUNDING = 1 + 1e-6
_EIGHTH = math.tan(math.pi / 8) * _ROUNDING
_TINY = 1e-30


class Covariance2D(NamedTuple):
    """A symmetric 2 x 2 matrix per Gaussian, such as its projected covariance."""

    xx: Tensor  # (N,)
    xy: Tensor
    yy: Tensor


class ProjectedAxes(NamedTuple):
    """The three axes of Gaussians, projected to the image: (N,) right and (N,) down each."""

    first: tuple[Tensor, Tensor]
    second: tuple[Tensor, Tensor]
    third: tuple[Tensor, Tensor]


def smallest_rotation(quats: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """Return the form with the largest w among the 24 equal forms of a Gaussian.

    `quats` (4, N) are of unit length, `scales` is (3, N). The largest w is 0.85 or more.
    """
    w = quats[0]
    others = quats[1:].abs()
    # The three kinds of turns: 90, 120 and 180 degrees. Predicted scenes already have this form.
    best_already = (others.amax(dim=0) <= _EIGHTH * w) & (others.sum(dim=0) <= w * _ROUNDING)
    if bool(best_already.all()):
        return quats, scales
    turns, sources = _TURNS.to(quats), _SOURCES.to(quats.device)
    conjugates = turns * turns.new_tensor((1, -1, -1, -1))
    best = (conjugates @ quats).abs().argmax(dim=0)  # the w of quat * turn
    turned = multiply_quats(quats, turns[best].t())
    turned = turned * turned[0].sign()
    return turned, scales.gather(0, sources[best].t())


def project_axes(slopes: Tensor, axes: Sequence[Sequence[Tensor]]) -> ProjectedAxes:
    """Project the axes of Gaussians at `slopes` (2, N), x / z and y / z, to the image.

    `axes` are `rotation_columns`. Lengths are metres at the depth of the Gaussian: the affine
    approximation of Zwicker et al. 2001 (EWA).
    """
    first, second, third = ((x - slopes[0] * z, y - slopes[1] * z) for x, y, z in axes)
    return ProjectedAxes(first, second, third)


def projected_covariance(axes: ProjectedAxes, scales: Tensor) -> Covariance2D:
    """Return the projected covariance of Gaussians with `scales` (3, N)."""
    xx = xy = yy = torch.zeros(())
    for (x, y), scale in zip(axes, scales, strict=True):
        across, down = x * scale, y * scale
        xx, xy, yy = xx + across * across, xy + across * down, yy + down * down
    return Covariance2D(xx, xy, yy)


def longest_third(projected: Covariance2D, axes: ProjectedAxes) -> Tensor:
    """Return the largest scale (N,) of the third axis that the projected covariance allows."""
    x, y = axes.third
    determinant = (projected.xx * projected.yy - projected.xy * projected.xy).clamp_min(_TINY)
    # An axis a of scale s adds s^2 a a^T, which is the share s^2 a^T C^-1 a of the covariance C.
    share = projected.yy * x * x - 2 * projected.xy * x * y + projected.xx * y * y
    squared: Tensor = _MOST_FROM_AXIS * determinant / share.clamp_min(_TINY)
    return squared.sqrt()


def in_plane_covariance(
    projected: Covariance2D, axes: ProjectedAxes, third_scale: Tensor
) -> Covariance2D:
    """Return the covariance along the first two axes, for a given scale of the third axis.

    With M the matrix of the first two projected axes, it is M^-1 (C - s^2 a a^T) M^-T.
    """
    x, y = (component * third_scale for component in axes.third)
    xx, xy, yy = projected.xx - x * x, projected.xy - x * y, projected.yy - y * y
    (a, c), (b, d) = axes.first, axes.second
    squared_determinant = ((a * d - b * c) ** 2).clamp_min(_TINY)
    return Covariance2D(
        (d * d * xx - 2 * b * d * xy + b * b * yy) / squared_determinant,
        ((a * d + b * c) * xy - c * d * xx - a * b * yy) / squared_determinant,
        (c * c * xx - 2 * a * c * xy + a * a * yy) / squared_determinant,
    )


def in_plane_rotation(covariance: Covariance2D) -> tuple[Tensor, Tensor]:
    """Return w and z (N,) of quaternions that rotate the first two axes to the principal axes.

    The angle is at most 45 degrees.
    """
    difference = covariance.xx - covariance.yy
    root = (difference * difference + 4 * covariance.xy * covariance.xy).sqrt() + _TINY
    # The tangent of a Jacobi rotation: the smaller of the two angles that make xy zero.
    tangent = 2 * covariance.xy / (difference + root.copysign(difference))
    cosine = (1 + tangent * tangent).rsqrt()
    half_sine = ((1 - cosine).clamp_min(0) / 2).sqrt().copysign(tangent)
    return ((1 + cosine) / 2).sqrt(), half_sine


def in_plane_scales(covariance: Covariance2D) -> Tensor:
    """Return the scales (2, N) along the first two axes."""
    squares = torch.stack((covariance.xx, covariance.yy))
    least = squares.amax(dim=0).clamp_min(_TINY) * _FLATTEST**2
    return torch.maximum(squares, least).sqrt()


def rotation_columns(quats: Sequence[Tensor]) -> list[list[Tensor]]:
    """Return the axes of rotations, each of x, y and z (N,), for unit quaternions w, x, y and z.

    A component that is the same for all Gaussians may be a scalar, as may then be the results.
    """
    w, x, y, z = quats
    x2, y2, z2 = x + x, y + y, z + z
    xx, yy, zz = x * x2, y * y2, z * z2
    xy, xz, yz, wx, wy, wz = x * y2, x * z2, y * z2, w * x2, w * y2, w * z2
    return [
        [1 - (yy + zz), xy + wz, xz - wy],
        [xy - wz, 1 - (xx + zz), yz + wx],
        [xz + wy, yz - wx, 1 - (xx + yy)],
    ]


def _cube_turns() -> tuple[Tensor, Tensor]:
    """Return the 24 rotations of a cube (24, 4), and the source axis of each axis (24, 3)."""
    half_root = math.sqrt(0.5)
    turns = [[float(i == j) for j in range(4)] for i in range(4)]
    turns += [
        [half_root if k == i else sign * half_root if k == j else 0.0 for k in range(4)]
        for i, j in itertools.combinations(range(4), 2)
        for sign in (1, -1)
    ]
    turns += [[0.5, *others] for others in itertools.product((0.5, -0.5), repeat=3)]
    table = torch.tensor(turns)
    columns = torch.stack(
        [torch.stack(column) for column in rotation_columns(table.t().unbind())]
    )  # (3, 3, 24)
    return table, columns.abs().argmax(dim=1).t().contiguous()  # (24, 4), (24, 3)


_TURNS, _SOURCES = _cube_turns()
