"""Which form of a Gaussian's shape a SOG stores, so that neighbours store similar numbers.

`least_turned` picks among the forms that are exactly equal. The others work on what is seen from
the photo's place: given one axis of a Gaussian, rounded as coarsely as one likes, they choose the
other two such that the picture does not change.

Quantities have one row for each component, (3, N) and (4, N), the fast way around in PyTorch.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch
from torch import Tensor

# At most this share of what is seen may come from the given axis, so that the others stay above
# zero.
_MOST_FROM_AXIS = 0.5
# The share of the longer axis below which float32 cannot tell the shorter one from zero.
_FLATTEST = 1e-3
_ROUNDING = 1 + 1e-6
_EIGHTH = math.tan(math.pi / 8) * _ROUNDING
_TINY = 1e-30


class Seen(NamedTuple):
    """A symmetric 2 x 2 matrix for each Gaussian, such as its covariance in the picture."""

    xx: Tensor  # (N,)
    xy: Tensor
    yy: Tensor


class Axes(NamedTuple):
    """The three axes of Gaussians as seen: vectors across and down the picture, each (2, N)."""

    first: Tensor
    second: Tensor
    third: Tensor


def least_turned(quats: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """Return the form with the largest w among the 24 that are the same Gaussian.

    `quats` (4, N) are of unit length, `scales` is (3, N). The largest w is 0.85 or more.
    """
    w = quats[0]
    others = quats[1:].abs()
    # The three kinds of turns: by 90, 120 and 180 degrees. Scenes of the project's own are so.
    best_already = (others.amax(dim=0) <= _EIGHTH * w) & (others.sum(dim=0) <= w * _ROUNDING)
    if bool(best_already.all()):
        return quats, scales
    turns, sources = _TURNS.to(quats), _SOURCES.to(quats.device)
    conjugates = turns * turns.new_tensor((1, -1, -1, -1))
    best = (conjugates @ quats).abs().argmax(dim=0)  # the w of quat * turn
    turned = multiply(quats, turns[best].t())
    turned = turned * turned[0].sign()
    return turned, scales.gather(0, sources[best].t())


def seen_axes(slopes: Tensor, quats: Tensor) -> Axes:
    """Return the axes of Gaussians at `slopes` (2, N), x / z and y / z, as the picture shows them.

    Lengths are metres at their depth: the affine approximation of Zwicker et al. 2001 (EWA).
    """
    first, second, third = (
        torch.stack((x - slopes[0] * z, y - slopes[1] * z)) for x, y, z in _rotation(quats)
    )
    return Axes(first, second, third)


def seen_shape(axes: Axes, scales: Tensor) -> Seen:
    """Return the covariance in the picture of Gaussians of `scales` (3, N)."""
    xx = xy = yy = torch.zeros_like(scales[0])
    for axis, scale in zip(axes, scales, strict=True):
        across, down = axis * scale
        xx, xy, yy = xx + across * across, xy + across * down, yy + down * down
    return Seen(xx, xy, yy)


def longest_third(seen: Seen, axes: Axes) -> Tensor:
    """Return the largest scale (N,) that the third of `axes` may have in a Gaussian seen so."""
    x, y = axes.third
    determinant = (seen.xx * seen.yy - seen.xy * seen.xy).clamp_min(_TINY)
    # An axis a of scale s adds s^2 a a^T, which is the share s^2 a^T C^-1 a of the covariance C.
    share = seen.yy * x * x - 2 * seen.xy * x * y + seen.xx * y * y
    squared: Tensor = _MOST_FROM_AXIS * determinant / share.clamp_min(_TINY)
    return squared.sqrt()


def in_plane(seen: Seen, axes: Axes, third_scale: Tensor) -> Seen:
    """Return the covariance along the first two axes of Gaussians seen so, with a third axis given.

    With M the matrix of the first two as seen, it is M^-1 (C - s^2 a a^T) M^-T.
    """
    x, y = axes.third * third_scale
    xx, xy, yy = seen.xx - x * x, seen.xy - x * y, seen.yy - y * y
    (a, c), (b, d) = axes.first, axes.second
    squared_determinant = ((a * d - b * c) ** 2).clamp_min(_TINY)
    return Seen(
        (d * d * xx - 2 * b * d * xy + b * b * yy) / squared_determinant,
        ((a * d + b * c) * xy - c * d * xx - a * b * yy) / squared_determinant,
        (c * c * xx - 2 * a * c * xy + a * a * yy) / squared_determinant,
    )


def spin(seen: Seen) -> Tensor:
    """Return quaternions (4, N) that turn the first two axes by 45 degrees at most to `seen`'s."""
    difference = seen.xx - seen.yy
    root = (difference * difference + 4 * seen.xy * seen.xy).sqrt() + _TINY
    # The tangent of a Jacobi rotation: the smaller of the two angles that make xy zero.
    tangent = 2 * seen.xy / (difference + root.copysign(difference))
    cosine = (1 + tangent * tangent).rsqrt()
    half_sine = ((1 - cosine).clamp_min(0) / 2).sqrt().copysign(tangent)
    zero = torch.zeros_like(cosine)
    return torch.stack((((1 + cosine) / 2).sqrt(), zero, zero, half_sine))


def scales_along(seen: Seen) -> Tensor:
    """Return the scales (2, N) along the first two axes."""
    squares = torch.stack((seen.xx, seen.yy))
    least = squares.amax(dim=0).clamp_min(_TINY) * _FLATTEST**2
    return torch.maximum(squares, least).sqrt()


def multiply(first: Tensor, second: Tensor) -> Tensor:
    """Return the products of quaternions (4, N)."""
    (w1, x1, y1, z1), (w2, x2, y2, z2) = first, second
    return torch.stack(
        (
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        )
    )


def _rotation(quats: Tensor) -> list[list[Tensor]]:
    """Return the columns of rotations, each of three rows (N,), for unit quaternions (4, N)."""
    w, x, y, z = quats
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
        [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
        [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
    ]


def _cube_turns() -> tuple[Tensor, Tensor]:
    """Return the 24 turns of a cube onto itself (24, 4), and for each which axis goes where."""
    half_root = math.sqrt(0.5)
    turns = [[float(i == j) for j in range(4)] for i in range(4)]
    turns += [
        [half_root if k == i else sign * half_root if k == j else 0.0 for k in range(4)]
        for i, j in itertools.combinations(range(4), 2)
        for sign in (1, -1)
    ]
    turns += [[0.5, *others] for others in itertools.product((0.5, -0.5), repeat=3)]
    table = torch.tensor(turns)
    columns = torch.stack([torch.stack(column) for column in _rotation(table.t())])  # (3, 3, 24)
    return table, columns.abs().argmax(dim=1).t().contiguous()  # (24, 4), (24, 3)


_TURNS, _SOURCES = _cube_turns()
