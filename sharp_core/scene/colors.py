"""sRGB, linear light and spherical harmonics of degree 0, on torch tensors of any shape.

The curve is that of IEC 61966-2-1, with its two pieces meeting at 0.0031308 (linear) and 0.04045
(encoded). Values outside [0, 1] are clamped from below only, since a power of them is undefined.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.scene.conventions import SH_C0


def srgb_to_linear(srgb: Tensor) -> Tensor:
    """Decode sRGB in [0, 1] to linear light."""
    srgb = srgb.clamp_min(0.0)
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Encode linear light in [0, 1] as sRGB."""
    linear = linear.clamp_min(0.0)
    # The floor keeps the gradient of the root finite where the other branch is taken.
    root = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, linear * 12.92, root)


def srgb_to_sh0(srgb: Tensor) -> Tensor:
    """Return the degree 0 coefficients (`f_dc`) that 3DGS viewers show as `srgb`."""
    return (srgb - 0.5) / SH_C0


def sh0_to_srgb(sh0: Tensor) -> Tensor:
    """Return the colour that 3DGS viewers show for the degree 0 coefficients `sh0`."""
    return sh0 * SH_C0 + 0.5
