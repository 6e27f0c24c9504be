"""Convert Gaussians from NDC to metres, including their rotations and scales.

A Gaussian's covariance is C = R S^2 R^T, with R from its quaternion and S from its scales. Under a
linear map L it becomes (L R S)(L R S)^T: the new axes are the left singular vectors of L R S, the
new scales its singular values. One-sided Jacobi rotations (Hestenes 1958) compute them: they rotate
pairs of columns until all are orthogonal. In float32 they keep the small scales of a flat Gaussian
to full relative precision (Demmel and Veselic 1992), which a squared covariance would lose. A
proper rotation stays proper, and all Gaussians are processed in parallel, on any device.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.scene.gaussians import Gaussians

# Each sweep over the three pairs squares the remaining cosines between columns. Four sweeps reach
# float32 precision for any map with a condition number below 100.
_SWEEPS = 4
_PAIRS = ((0, 1), (0, 2), (1, 2))
# Floor of a scale, relative to the Gaussian's largest one: invisible, and its square is still a
# normal float32.
_FLATTEST = 1e-9
# Floor of an absolute scale, since files store logarithms.
_SMALLEST_SCALE = 1e-20
_TINY = 1e-30
# Gaussians per chunk on a CPU: the temporary arrays stay in cache.
_CPU_CHUNK = 1 << 16
# The orders of three axes, and the sign of each permutation (-1 mirrors space).
_AXIS_ORDERS = (
    ((0, 1, 2), 1),
    ((1, 2, 0), 1),
    ((2, 0, 1), 1),
    ((0, 2, 1), -1),
    ((1, 0, 2), -1),
    ((2, 1, 0), -1),
)


class Shapes(NamedTuple):
    """Orientations and sizes of N Gaussians."""

    quats: Tensor  # (N, 4) w, x, y, z
    scales: Tensor  # (N, 3) standard deviations along the Gaussian's own axes


def ndc_to_metric(
    ndc: NdcGaussians, index: int, focal_px: float, width: int, height: int
) -> Gaussians:
    """Return the Gaussians of photo `index` of the batch in its camera's space, in metres.

    `focal_px`, `width` and `height` are those of the photo, in pixels. Its principal point is its
    centre, so x = width / (2 focal) times NDC x, y likewise. z is in metres already.
    """
    factors = (width / (2 * focal_px), height / (2 * focal_px), 1.0)
    shapes = stretch(Shapes(ndc.quats[index], ndc.scales[index]), factors)
    return Gaussians(
        means=(ndc.means[index] * ndc.means.new_tensor(factors)).contiguous(),
        quats=shapes.quats,
        scales=shapes.scales,
        opacities=ndc.opacities[index],
        colors=ndc.colors[index].contiguous(),
    )


def covariances(shapes: Shapes) -> Tensor:
    """Return R S^2 R^T, (N, 3, 3). Quaternions need not be of unit length."""
    axes = _rotations(shapes.quats.t()).permute(2, 1, 0)  # (N, row, column)
    root = axes * shapes.scales[:, None, :]
    return root @ root.transpose(1, 2)


def stretch(shapes: Shapes, factors: tuple[float, float, float]) -> Shapes:
    """Return the shapes of Gaussians after a scaling of space by `factors` along x, y and z.

    Input quaternions may have any length, and input scales may be zero. Output quaternions have
    unit length, and output scales are above zero. Of the 24 equivalent ways to order and direct the
    axes, the result has the smallest rotation (w is at least 0.85), so that similar neighbours have
    similar quaternions. Raises ValueError unless the factors are above zero.
    """
    if min(factors) <= 0:
        raise ValueError(f"space can be stretched by factors above zero alone, not by {factors}")
    count = len(shapes.quats)
    quats, scales = shapes.quats.new_empty((count, 4)), shapes.scales.new_empty((count, 3))
    chunk = _CPU_CHUNK if quats.device.type == "cpu" else max(count, 1)
    for start in range(0, count, chunk):
        rows = slice(start, start + chunk)
        columns, sizes = _stretched_axes(shapes.quats[rows].t(), shapes.scales[rows].t(), factors)
        quats_t, scales_t = _smallest_rotation(columns, sizes)
        quats[rows], scales[rows] = quats_t.t(), scales_t.t()
    return Shapes(quats, scales)


def _stretched_axes(
    quats: Tensor, scales: Tensor, factors: tuple[float, float, float]
) -> tuple[Tensor, Tensor]:
    """Return unit axes (column, row, N) and their lengths (3, N) for (4, N) and (3, N)."""
    largest = scales.amax(dim=0).clamp_min(_SMALLEST_SCALE)
    columns = _rotations(quats)
    columns *= columns.new_tensor(factors)[None, :, None]
    columns *= (scales / largest).clamp_min(_FLATTEST)[:, None]
    for _ in range(_SWEEPS):
        squares = [_dot(column, column) for column in columns]
        for i, j in _PAIRS:
            _make_orthogonal(columns[i], columns[j], squares[i], squares[j])
    lengths = torch.stack([_dot(column, column).sqrt_() for column in columns])  # (3, N)
    columns /= lengths[:, None]
    return columns, lengths * largest


def _make_orthogonal(first: Tensor, second: Tensor, square1: Tensor, square2: Tensor) -> None:
    """Rotate two columns (3, N) in their plane, by less than 45 degrees, until orthogonal.

    Works in place, and updates the squared lengths (N,). With t the tangent of the angle,
    t^2 + 2 z t = 1 where z = (square2 - square1) / (2 first . second).
    """
    product = _dot(first, second)
    difference = square2 - square1
    root = torch.addcmul(difference * difference, product, product, value=4.0).sqrt_()
    # The tiny term avoids 0 / 0 for orthogonal columns of equal length.
    denominator = torch.copysign(root.add_(_TINY), difference).add_(difference)
    tangent = (product / denominator).mul_(2.0)
    square1.addcmul_(tangent, product, value=-1)
    square2.addcmul_(tangent, product)
    cosine = torch.addcmul(torch.ones_like(tangent), tangent, tangent).rsqrt_()
    sine = tangent.mul_(cosine)
    half_tangent = sine / cosine.add_(1.0)
    # Three shears make a rotation without a copy of a column.
    first.addcmul_(second, half_tangent, value=-1)
    second.addcmul_(first, sine)
    first.addcmul_(second, half_tangent, value=-1)


def _smallest_rotation(columns: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    """Reorder and flip axes (column, row, N) for the largest trace; return (4, N), (3, N).

    The trace of a rotation is 1 + 2 cos(angle). At its maximum no diagonal entry is negative: so
    each axis has one possible direction, and orders that would mirror space are excluded.
    """
    magnitudes = columns.abs()
    best = torch.zeros_like(sizes[0])
    chosen = [torch.zeros_like(best) for _ in range(3)]  # the source column of each axis
    for order, parity in _AXIS_ORDERS:
        i, j, k = order
        trace = (magnitudes[i, 0] + magnitudes[j, 1]).add_(magnitudes[k, 2])
        volume = (columns[i, 0] * columns[j, 1]).mul_(columns[k, 2]).mul_(parity)
        trace = torch.copysign(trace, volume)
        better = trace.gt(best).to(trace.dtype)
        best = torch.maximum(best, trace)
        for position, column in enumerate(order):
            chosen[position] += better * (column - chosen[position])
    axes, lengths = [], []
    for position in range(3):
        axis, length = torch.zeros_like(columns[0]), torch.zeros_like(sizes[0])
        for column in range(3):
            # A sum with weights of 0 and 1: on a CPU much faster than `gather` or `where`.
            weight = chosen[position].eq(column).to(axis.dtype)
            axis.addcmul_(columns[column], weight)
            length.addcmul_(sizes[column], weight)
        axes.append(axis * axis[position].sign())
        lengths.append(length)
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = axes
    w4 = (xx + yy).add_(zz).add_(1.0).sqrt_().mul_(2.0)  # 4 w
    quats = torch.stack((w4 / 4, (yz - zy) / w4, (zx - xz) / w4, (xy - yx) / w4))
    return quats, torch.stack(lengths)


def _rotations(quats: Tensor) -> Tensor:
    """Return rotation matrices as (column, row, N) for `quats` (4, N) of any length."""
    length = (quats[0] * quats[0]).addcmul_(quats[1], quats[1])
    length = length.addcmul_(quats[2], quats[2]).addcmul_(quats[3], quats[3]).sqrt_()
    w, x, y, z = quats / length.clamp_min_(_TINY)
    xx, yy, zz = 2 * x * x, 2 * y * y, 2 * z * z
    xy, xz, yz = 2 * x * y, 2 * x * z, 2 * y * z
    wx, wy, wz = 2 * w * x, 2 * w * y, 2 * w * z
    entries = (
        1 - yy - zz,
        xy + wz,
        xz - wy,
        xy - wz,
        1 - xx - zz,
        yz + wx,
        xz + wy,
        yz - wx,
        1 - xx - yy,
    )
    return torch.stack(entries).view(3, 3, -1)


def _dot(first: Tensor, second: Tensor) -> Tensor:
    """Return the scalar products (N,) of columns (3, N)."""
    product = first[0] * second[0]
    return product.addcmul_(first[1], second[1]).addcmul_(first[2], second[2])
