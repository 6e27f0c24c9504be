"""Which form of a Gaussian's shape a SOG stores, so that neighbours store similar numbers.

`least_turned` picks among forms that are exactly equal. `seen_shape` and what follows it find a
Gaussian that looks the same from the photo's place and has one axis along the camera's z.

Quantities have one row for each component, (3, N) and (4, N), the fast way around in PyTorch.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch
from torch import Tensor

# The extent along z of a Gaussian off the picture's centre is seen as one across. At most this
# share of what is seen may come from there, so that the other two axes stay above zero.
_MOST_FROM_DEPTH = 0.5
# The share of the longer axis below which float32 cannot tell the shorter one from zero.
_FLATTEST = 1e-3
_TINY = 1e-30


class SeenShape(NamedTuple):
    """Covariance of what is seen of Gaussians from the photo's place, in metres at their depth."""

    xx: Tensor  # (N,)
    xy: Tensor
    yy: Tensor


def least_turned(quats: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """Return the form with the largest w among the 24 that are the same Gaussian.

    `quats` (4, N) are of unit length, `scales` is (3, N). The largest w is 0.85 or more.
    """
    turns, sources = _TURNS.to(quats), _SOURCES.to(quats.device)
    conjugates = turns * turns.new_tensor((1, -1, -1, -1))
    best = (conjugates @ quats).abs().argmax(dim=0)  # the w of quat * turn
    turned = _multiply(quats, turns[best].t())
    turned = turned * turned[0].sign()
    return turned, scales.gather(0, sources[best].t())


def seen_shape(slopes: Tensor, quats: Tensor, scales: Tensor) -> tuple[SeenShape, Tensor]:
    """Return what is seen of Gaussians at `slopes` (2, N), x / z and y / z, and their extent in z.

    The covariance is that of the affine approximation of Zwicker et al. 2001 (EWA splatting),
    times depth squared over focal length squared.
    """
    slope_x, slope_y = slopes
    xx = xy = yy = zz = torch.zeros_like(slope_x)
    for column, scale in zip(_rotation(quats), scales, strict=True):
        x, y, z = (entry * scale for entry in column)
        across, down = x - slope_x * z, y - slope_y * z
        xx = xx + across * across
        xy = xy + across * down
        yy = yy + down * down
        zz = zz + z * z
    return SeenShape(xx, xy, yy), zz.sqrt()


def most_depth(seen: SeenShape, slopes: Tensor) -> Tensor:
    """Return the largest extent along z (N,) that a Gaussian seen so may have as an axis."""
    slope_x, slope_y = slopes
    determinant = (seen.xx * seen.yy - seen.xy * seen.xy).clamp_min(_TINY)
    # An axis along z of length s adds s^2 t t^T, with t the slopes; s^2 t^T C^-1 t is its share.
    share: Tensor = seen.yy * slope_x**2 - 2 * seen.xy * slope_x * slope_y + seen.xx * slope_y**2
    squared: Tensor = _MOST_FROM_DEPTH * determinant / share.clamp_min(_TINY)
    return squared.sqrt()


def without_depth(seen: SeenShape, slopes: Tensor, depth: Tensor) -> SeenShape:
    """Return what the other two axes must show if the third lies along z with scale `depth`."""
    slope_x, slope_y = slopes * depth
    return SeenShape(
        seen.xx - slope_x * slope_x, seen.xy - slope_x * slope_y, seen.yy - slope_y * slope_y
    )


def half_sine_of_spin(seen: SeenShape) -> Tensor:
    """Return z (N,) of the quaternion (w, 0, 0, z) that turns the axes by 45 degrees at most."""
    difference = seen.xx - seen.yy
    root = (difference * difference + 4 * seen.xy * seen.xy).sqrt() + _TINY
    # The tangent of a Jacobi rotation: the smaller of the two angles that make xy zero.
    tangent = 2 * seen.xy / (difference + root.copysign(difference))
    cosine = (1 + tangent * tangent).rsqrt()
    return ((1 - cosine).clamp_min(0) / 2).sqrt().copysign(tangent)


def scales_at_spin(seen: SeenShape, half_sine: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best scales along axes that are turned by 2 asin(half_sine)."""
    cosine = 1 - 2 * half_sine * half_sine
    sine = 2 * half_sine * (1 - half_sine * half_sine).sqrt()
    mixed = 2 * sine * cosine * seen.xy
    first = cosine * cosine * seen.xx + mixed + sine * sine * seen.yy
    second = sine * sine * seen.xx - mixed + cosine * cosine * seen.yy
    least = torch.maximum(first, second) * _FLATTEST**2 + _TINY
    return torch.maximum(first, least).sqrt(), torch.maximum(second, least).sqrt()


def _multiply(first: Tensor, second: Tensor) -> Tensor:
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
