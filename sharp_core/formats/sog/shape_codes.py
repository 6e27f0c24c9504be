"""Quantise rotations and scales to the codes of a SOG.

If the viewpoint is known, the third axis of every Gaussian becomes the camera's z axis, with the
depth extent of the Gaussian as its scale: that costs no bytes. The other two axes are chosen to
keep the projected covariance, and their scales compensate the rounding of their direction. So the
view from the photo's camera loses almost nothing. Other views lose in proportion to their distance,
and less than with finely rounded tilts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.formats.sog.planes import code_to_component, component_to_code
from sharp_core.formats.sog.settings import QuantizationSteps
from sharp_core.formats.sog.shapes import (
    in_plane_covariance,
    in_plane_rotation,
    in_plane_scales,
    longest_third,
    project_axes,
    projected_covariance,
    smallest_rotation,
)
from sharp_core.formats.values import scales_to_log
from sharp_core.scene.quaternions import multiply_quats

# The bytes of a quaternion's components nearest to zero are 127 and 128.
_MIDDLE = 128


class ShapeCodes(NamedTuple):
    """Codes of B Gaussians."""

    quats: Tensor  # (3, B) bytes of x, y and z; w is the largest and omitted
    scales: Tensor  # (3, B) logarithms in units of the codebook's step


def encode_shapes(
    quats: Tensor, scales: Tensor, steps: QuantizationSteps, unit: float
) -> ShapeCodes:
    """Quantise unit quaternions (4, B) and scales (3, B), without a known viewpoint."""
    quats, scales = smallest_rotation(quats, scales)
    return ShapeCodes(
        torch.stack([_round_component(component, steps.rotation) for component in quats[1:]]),
        round_to(scales_to_log(scales), steps.scale, unit),
    )


def encode_shapes_for_view(
    slopes: Tensor, quats: Tensor, scales: Tensor, steps: QuantizationSteps, unit: float
) -> ShapeCodes:
    """Quantise shapes such that the view from the photo's camera does not change.

    `slopes` (2, B) are x / z and y / z, `quats` (4, B) unit quaternions, `scales` (3, B).
    """
    projected = projected_covariance(project_axes(slopes, quats), scales)
    extent = scales_to_log(_depth_extent(quats, scales))
    middle = torch.full_like(extent, _MIDDLE)
    unturned = _from_codes(torch.stack((middle, middle, middle)))

    axes = project_axes(slopes, unturned)
    third = _floor_third(extent, longest_third(projected, axes), steps, unit)
    in_plane = in_plane_covariance(projected, axes, third)
    turned = multiply_quats(unturned, in_plane_rotation(in_plane))
    rotation = _round_component(_within_an_eighth(turned), steps.rotation)
    codes = torch.stack((middle, middle, rotation))

    axes = project_axes(slopes, _from_codes(codes))
    third = _floor_third(extent, longest_third(projected, axes), steps, unit)
    others = scales_to_log(in_plane_scales(in_plane_covariance(projected, axes, third)))
    third_codes = round_to(scales_to_log(third), steps.third_scale, unit)
    return ShapeCodes(codes, torch.cat((round_to(others, steps.scale, unit), third_codes[None])))


def round_to(values: Tensor, step: float, unit: float) -> Tensor:
    """Round to the multiple of `unit` nearest to `step`, and return the result in units."""
    multiple = max(1, round(step / unit))
    return (values / (multiple * unit)).round_().mul_(multiple)


def _floor_third(logs: Tensor, longest: Tensor, steps: QuantizationSteps, unit: float) -> Tensor:
    """Return rounded scales of the third axis; rounded down if they would exceed `longest`."""
    step = max(1, round(steps.third_scale / unit)) * unit
    most = (scales_to_log(longest) / step).floor_()
    return torch.minimum((logs / step).round_(), most).mul_(step).exp_()


def _depth_extent(quats: Tensor, scales: Tensor) -> Tensor:
    """Return the standard deviation of z (B,)."""
    w, x, y, z = quats
    row = torch.stack((2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)))
    return (row * scales).square_().sum(dim=0).sqrt_()


def _within_an_eighth(quats: Tensor) -> Tensor:
    """Return z (B,) after a rotation about the third axis by a multiple of 90 degrees.

    The result rotates by at most 45 degrees. Such rotations swap the first two axes, whose scales
    are not chosen yet.
    """
    half = torch.atan2(quats[3], quats[0])
    quarter = math.pi / 4  # half of 90 degrees
    half = half - (half / quarter).round_() * quarter
    return half.sin() * torch.hypot(quats[0], quats[3])


def _round_component(component: Tensor, step: int) -> Tensor:
    codes = component_to_code(component).sub_(_MIDDLE)
    return codes.div_(step).round_().mul_(step).add_(_MIDDLE).clamp_(0, 255)


def _from_codes(codes: Tensor) -> Tensor:
    """Return the quaternions (4, B) that a reader decodes."""
    x, y, z = code_to_component(codes)
    w = (1 - x * x - y * y - z * z).clamp_min_(0).sqrt_()
    return torch.stack((w, x, y, z))
