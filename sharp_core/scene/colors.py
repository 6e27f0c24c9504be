"""sRGB, linear light and spherical harmonics of degree 0, on torch tensors of any shape.

The transfer curve is that of IEC 61966-2-1. Its two pieces meet at 0.0031308 (linear) and 0.04045
(encoded). Negative values are clamped to 0, since their power is undefined; values above 1 stay.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.scene.conventions import SH_C0

# Linear sRGB to CIE XYZ (IEC 61966-2-1).
_LINEAR_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))


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


def srgb_to_lab(srgb: Tensor) -> Tensor:
    """Convert sRGB in [0, 1], (3, H, W), to CIE 1976 L*a*b* with the white of sRGB (D65)."""
    matrix = torch.tensor(_LINEAR_TO_XYZ, dtype=srgb.dtype, device=srgb.device)
    matrix = matrix / matrix.sum(dim=1, keepdim=True)  # relative to white
    t = torch.einsum("ij,jhw->ihw", matrix, srgb_to_linear(srgb))
    root = t.clamp_min(1e-6) ** (1 / 3)
    f = torch.where(t > (6 / 29) ** 3, root, t / (3 * (6 / 29) ** 2) + 4 / 29)
    return torch.stack((116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])))


def srgb_to_sh0(srgb: Tensor) -> Tensor:
    """Return the degree 0 coefficients (`f_dc`) of sRGB colours, as 3DGS viewers decode them."""
    return (srgb - 0.5) / SH_C0


def sh0_to_srgb(sh0: Tensor) -> Tensor:
    """Return the sRGB colours that 3DGS viewers show for degree 0 coefficients (`f_dc`)."""
    return sh0 * SH_C0 + 0.5
