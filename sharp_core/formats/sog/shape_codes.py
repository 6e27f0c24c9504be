"""Rotations and scales -> the codes of a SOG.

Where the photo's place is known, the third axis of every Gaussian becomes the camera's z, as long
as the Gaussian is deep: that costs no bytes. The other two make up for it, and their scales in turn
for the rounding of their direction. So the picture from there loses almost nothing, and one from
the side as much as it lies to the side: less than finely rounded tilts would lose.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.formats.sog.planes import code_to_component, component_to_code
from sharp_core.formats.sog.settings import Steps
from sharp_core.formats.sog.shapes import (
    in_plane,
    least_turned,
    longest_third,
    multiply,
    scales_along,
    seen_axes,
    seen_shape,
    spin,
)
from sharp_core.formats.values import scales_to_log

# The bytes of a quaternion's components nearest to zero are 127 and 128.
_MIDDLE = 128


class ShapeCodes(NamedTuple):
    """Codes of B Gaussians."""

    quats: Tensor  # (3, B) bytes of x, y and z; w is the largest and is left out
    scales: Tensor  # (3, B) logarithms in units of the codebook's step


def plain_shapes(quats: Tensor, scales: Tensor, steps: Steps, unit: float) -> ShapeCodes:
    """Round unit quaternions (4, B) and scales (3, B) as they are, in their least turned form."""
    quats, scales = least_turned(quats, scales)
    return ShapeCodes(
        torch.stack([_round_component(component, steps.rotation) for component in quats[1:]]),
        round_to(scales_to_log(scales), steps.scale, unit),
    )


def seen_shapes(
    slopes: Tensor, quats: Tensor, scales: Tensor, steps: Steps, unit: float
) -> ShapeCodes:
    """Round shapes at `slopes` (2, B), x / z and y / z, such that the picture stays what it was."""
    seen = seen_shape(seen_axes(slopes, quats), scales)
    extent = scales_to_log(_depth_extent(quats, scales))
    middle = torch.full_like(extent, _MIDDLE)
    unturned = _from_codes(torch.stack((middle, middle, middle)))

    axes = seen_axes(slopes, unturned)
    third = _floor_third(extent, longest_third(seen, axes), steps, unit)
    turned = multiply(unturned, spin(in_plane(seen, axes, third)))
    rotation = _round_component(_within_an_eighth(turned), steps.rotation)
    codes = torch.stack((middle, middle, rotation))

    axes = seen_axes(slopes, _from_codes(codes))
    third = _floor_third(extent, longest_third(seen, axes), steps, unit)
    others = scales_to_log(scales_along(in_plane(seen, axes, third)))
    third_codes = round_to(scales_to_log(third), steps.third_scale, unit)
    return ShapeCodes(codes, torch.cat((round_to(others, steps.scale, unit), third_codes[None])))


def round_to(values: Tensor, step: float, unit: float) -> Tensor:
    """Round to the multiple of `unit` nearest to `step`, and return the result in units."""
    multiple = max(1, round(step / unit))
    return (values / (multiple * unit)).round_().mul_(multiple)


def _floor_third(logs: Tensor, longest: Tensor, steps: Steps, unit: float) -> Tensor:
    """Return scales of the third axis, rounded, and down where else they would be too long."""
    step = max(1, round(steps.third_scale / unit)) * unit
    most = (scales_to_log(longest) / step).floor_()
    return torch.minimum((logs / step).round_(), most).mul_(step).exp_()


def _depth_extent(quats: Tensor, scales: Tensor) -> Tensor:
    """Return the standard deviation of z (B,)."""
    w, x, y, z = quats
    row = torch.stack((2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)))
    return (row * scales).square_().sum(dim=0).sqrt_()


def _within_an_eighth(quats: Tensor) -> Tensor:
    """Return z (B,) after turns about the third axis by a multiple of 90 degrees, 45 at most.

    Such turns exchange the first two axes, whose scales are not chosen yet.
    """
    half = torch.atan2(quats[3], quats[0])
    quarter = math.pi / 4  # half of 90 degrees
    half = half - (half / quarter).round_() * quarter
    return half.sin() * torch.hypot(quats[0], quats[3])


def _round_component(component: Tensor, step: int) -> Tensor:
    codes = component_to_code(component).sub_(_MIDDLE)
    return codes.div_(step).round_().mul_(step).add_(_MIDDLE).clamp_(0, 255)


def _from_codes(codes: Tensor) -> Tensor:
    """Return the quaternions (4, B) that readers will find."""
    x, y, z = code_to_component(codes)
    w = (1 - x * x - y * y - z * z).clamp_min_(0).sqrt_()
    return torch.stack((w, x, y, z))
