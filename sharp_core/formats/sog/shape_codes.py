"""Quantise rotations and scales to the codes of a SOG.

If the viewpoint is known, the third axis of every Gaussian becomes the camera's z axis, with the
depth extent of the Gaussian as its scale: that costs no bytes. The other two axes are chosen to
keep the projected covariance, and their scales compensate the rounding of their direction. So the
view from the photo's camera loses almost nothing. Other views lose in proportion to their distance,
and less than with finely rounded tilts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.formats.sog.codebook import multiple_of
from sharp_core.formats.sog.planes import code_to_component, component_to_code
from sharp_core.formats.sog.settings import QuantizationSteps
from sharp_core.formats.sog.shapes import (
    in_plane_covariance,
    in_plane_rotation,
    in_plane_scales,
    longest_third,
    project_axes,
    projected_covariance,
    rotation_columns,
    smallest_rotation,
)
from sharp_core.formats.values import scales_to_log

# The bytes of a quaternion's components nearest to zero are 127 and 128.
_MIDDLE = 128


class ShapeCodes(NamedTuple):
    """Codes of B Gaussians."""

    quats: Tensor  # (3, B) bytes of x, y and z; w is the largest and omitted
    scales: Tensor  # (3, B) logarithms in steps


def encode_shapes(
    quats: Tensor, scales: Tensor, steps: QuantizationSteps, unit: float
) -> ShapeCodes:
    """Quantise unit quaternions (4, B) and scales (3, B), without a known viewpoint."""
    quats, scales = smallest_rotation(quats, scales)
    return ShapeCodes(
        torch.stack([_round_component(component, steps.rotation) for component in quats[1:]]),
        round_to_steps(scales_to_log(scales), steps.scale, unit),
    )


def encode_shapes_for_view(
    slopes: Tensor, quats: Tensor, scales: Tensor, steps: QuantizationSteps, unit: float
) -> ShapeCodes:
    """Quantise shapes such that the view from the photo's camera does not change.

    `slopes` (2, B) are x / z and y / z, `quats` (4, B) unit quaternions, `scales` (3, B).
    """
    columns = rotation_columns(quats.unbind())
    projected = projected_covariance(project_axes(slopes, columns), scales)
    extent = scales_to_log(_depth_extent(columns, scales))
    middle = quats.new_tensor(_MIDDLE)
    unturned = _from_codes(middle, middle, middle)

    axes = project_axes(slopes, rotation_columns(unturned))
    third = _floor_third(extent, longest_third(projected, axes), steps, unit)
    turn = in_plane_rotation(in_plane_covariance(projected, axes, third))
    rotation = _round_component(_z_after(unturned, turn), steps.rotation)

    axes = project_axes(slopes, rotation_columns(_from_codes(middle, middle, rotation)))
    third = _floor_third(extent, longest_third(projected, axes), steps, unit)
    others = scales_to_log(in_plane_scales(in_plane_covariance(projected, axes, third)))
    third_codes = round_to_steps(scales_to_log(third), steps.third_scale, unit)
    middles = middle.expand_as(rotation)
    return ShapeCodes(
        torch.stack((middles, middles, rotation)),
        torch.cat((round_to_steps(others, steps.scale, unit), third_codes[None])),
    )


def round_to_steps(values: Tensor, step: float, unit: float) -> Tensor:
    """Return how many steps each value is. A step is the multiple of `unit` nearest to `step`."""
    return (values / (multiple_of(step, unit) * unit)).round_()


def _floor_third(logs: Tensor, longest: Tensor, steps: QuantizationSteps, unit: float) -> Tensor:
    """Return rounded scales of the third axis; rounded down if they would exceed `longest`."""
    step = multiple_of(steps.third_scale, unit) * unit
    most = (scales_to_log(longest) / step).floor_()
    return torch.minimum((logs / step).round_(), most).mul_(step).exp_()


def _depth_extent(columns: Sequence[Sequence[Tensor]], scales: Tensor) -> Tensor:
    """Return the standard deviation of z (B,)."""
    first, second, third = (
        (column[2] * scale).square_() for column, scale in zip(columns, scales, strict=True)
    )
    extent: Tensor = (first + second).add_(third).sqrt_()
    return extent


def _z_after(quats: Sequence[Tensor], turn: tuple[Tensor, Tensor]) -> Tensor:
    """Return z (B,) of quaternions w, x, y, z after a turn of w and z about the third axis.

    A further turn by a multiple of 90 degrees makes it a rotation by at most 45 degrees about that
    axis. Such turns swap the first two axes, whose scales are not chosen yet.
    """
    w = quats[0] * turn[0] - quats[3] * turn[1]
    z = quats[0] * turn[1] + quats[3] * turn[0]
    half = torch.atan2(z, w)
    quarter = math.pi / 4  # half of 90 degrees
    half = half - (half / quarter).round_() * quarter
    return half.sin() * torch.hypot(w, z)


def _round_component(component: Tensor, step: int) -> Tensor:
    codes = component_to_code(component).sub_(_MIDDLE)
    return codes.div_(step).round_().mul_(step).add_(_MIDDLE).clamp_(0, 255)


def _from_codes(*codes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return w, x, y and z that a reader decodes of the codes of x, y and z."""
    x, y, z = map(code_to_component, codes)
    w = (1 - x * x - y * y - z * z).clamp_min_(0).sqrt_()
    return w, x, y, z
