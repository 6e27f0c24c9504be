"""The composer. In: base Gaussians and corrections (deltas). Out: Gaussians in NDC.

Each activation maps a delta of zero to the base value.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

from sharp_core.models.two_layer.base_gaussians import BASE_OPACITY, BaseGaussians
from sharp_core.scene.colors import srgb_to_linear

DELTA_CHANNELS = 14  # 3 position, 3 scales, 4 quaternion, 3 colour, 1 opacity
_DELTA_SPLIT = [3, 3, 4, 3, 1]

_POSITION_STEP = 0.001  # NDC, or softplus units of disparity, per unit of delta
_COLOR_STEP = 0.1  # logits per unit of delta
_LARGEST_SCALE = 10.0  # times the base scale
_DISPARITY_FLOOR = 1e-3  # added to disparity, so that no depth exceeds 1000 units


class NdcGaussians(NamedTuple):
    """N Gaussians per photo in NDC: x and y are in [-1, 1] times depth, z is depth in metres.

    The order of the N Gaussians is layer, row, column.
    """

    means: Tensor  # (B, N, 3)
    quats: Tensor  # (B, N, 4) w, x, y, z, not normalised
    scales: Tensor  # (B, N, 3)
    opacities: Tensor  # (B, N)
    colors: Tensor  # (B, N, 3) linear RGB


def compose(base: BaseGaussians, delta: Tensor) -> NdcGaussians:
    """Apply `delta` (B, 14, 2, G, G) to the base Gaussians.

    Channels are x, y, disparity; three scales; quaternion w, x, y, z; red, green, blue; opacity.
    """
    expected = (base.disparity.shape[0], DELTA_CHANNELS, *base.disparity.shape[1:])
    if tuple(delta.shape) != expected:
        raise ValueError(f"expected deltas of the shape {expected}, found {tuple(delta.shape)}")
    position, scale, quaternion, color, opacity = torch.split(delta, _DELTA_SPLIT, dim=1)

    x = base.x[None, None, None, :] + _POSITION_STEP * position[:, 0]  # (B, 2, G, G)
    y = base.y[None, None, :, None] + _POSITION_STEP * position[:, 1]
    disparity = F.softplus(
        inverse_softplus(base.disparity) + _POSITION_STEP * position[:, 2]
    )  # (B, 2, G, G)
    z = 1.0 / (disparity + _DISPARITY_FLOOR)
    means = torch.stack((z * x, z * y, z), dim=1)  # (B, 3, 2, G, G)

    base_scales = base.scales * base.disparity * z  # the same angular size at the new depth
    scales = base_scales[:, None] * _scale_factor(scale)  # (B, 3, 2, G, G)

    identity = quaternion.new_tensor((1.0, 0.0, 0.0, 0.0)).view(1, 4, 1, 1, 1)
    opacities = torch.sigmoid(math.log(BASE_OPACITY / (1 - BASE_OPACITY)) + opacity)
    colors = torch.sigmoid(torch.logit(base.colors.clamp(0.01, 0.99)) + _COLOR_STEP * color)

    units = base.global_scale[:, None, None]  # metres
    return NdcGaussians(
        means=_rows(means) * units,
        quats=_rows(identity + quaternion),
        scales=_rows(scales) * units,
        opacities=opacities.flatten(1),
        colors=_rows(srgb_to_linear(colors)),
    )


def scale_delta(factor: float | Tensor) -> Tensor:
    """Return the delta that multiplies a base scale by `factor`, within (0, 10)."""
    slope, offset = _scale_curve()
    return (torch.logit(torch.as_tensor(factor) / _LARGEST_SCALE) - offset) / slope


def inverse_softplus(value: Tensor) -> Tensor:
    """Return t with softplus(t) = `value`; values below 1e-6 count as 1e-6."""
    value = value.clamp_min(1e-6)
    return value + torch.log(-torch.expm1(-value))


def _scale_factor(delta: Tensor) -> Tensor:
    slope, offset = _scale_curve()
    return _LARGEST_SCALE * torch.sigmoid(slope * delta + offset)


def _scale_curve() -> tuple[float, float]:
    """Return slope and offset, such that at a delta of zero the factor and its slope are 1."""
    share = 1 / _LARGEST_SCALE
    return 1 / (1 - share), math.log(share / (1 - share))


def _rows(channels: Tensor) -> Tensor:
    """Turn (B, C, 2, G, G) into (B, N, C)."""
    return channels.flatten(2).transpose(1, 2)
