"""sRGB, linear light and spherical harmonics of degree 0, on torch tensors of any shape.

The transfer curve is that of IEC 61966-2-1. Its two pieces meet at 0.0031308 (linear) and 0.04045
(encoded). Negative values are clamped to 0, since their power is undefined; values above 1 stay.
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
    # The floor keeps the gradient of the power finite where `where` takes the other branch.
    root = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, linear * 12.92, root)


def srgb_to_sh0(srgb: Tensor) -> Tensor:
    """Return the degree 0 coefficients (`f_dc`) of sRGB colours, as 3DGS viewers decode them."""
    return (srgb - 0.5) / SH_C0


def sh0_to_srgb(sh0: Tensor) -> Tensor:
    """Return the sRGB colours that 3DGS viewers show for degree 0 coefficients (`f_dc`)."""
    return sh0 * SH_C0 + 0.5
