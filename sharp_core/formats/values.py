"""Encode and decode the values of splat files: log scales, logit opacities, f_dc, quaternions.

Inputs and outputs are float32 tensors of any shape on any device. Files store colours as sRGB,
since public viewers blend stored colours without decoding them. No other module has these formulas.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.scene.colors import linear_to_srgb, sh0_to_srgb, srgb_to_linear, srgb_to_sh0

# A nanometre: viewers cannot use the logarithm of a zero scale, which flat Gaussians have.
SMALLEST_SCALE = 1e-9

# Opacities of exactly 0 and 1 have infinite logits. This distance from them is invisible.
OPACITY_MARGIN = 1e-6


def scales_to_log(scales: Tensor) -> Tensor:
    """Return natural logarithms of scales in metres, all of them finite."""
    return scales.clamp_min(SMALLEST_SCALE).log()


def log_to_scales(logs: Tensor) -> Tensor:
    """Return scales in metres, none of them zero."""
    return logs.exp().clamp_min(SMALLEST_SCALE)


def opacities_to_logits(opacities: Tensor) -> Tensor:
    """Return logits of opacities in [0, 1], all of them finite."""
    return torch.logit(opacities, eps=OPACITY_MARGIN)


def logits_to_opacities(logits: Tensor) -> Tensor:
    """Return opacities in [0, 1]. Logits may be infinite."""
    return logits.sigmoid()


def colors_to_sh0(colors: Tensor) -> Tensor:
    """Return the `f_dc` of linear RGB colours."""
    return srgb_to_sh0(linear_to_srgb(colors))


def sh0_to_colors(sh0: Tensor, *, linear: bool = False) -> Tensor:
    """Return linear RGB colours of `f_dc`, which encodes sRGB, or linear RGB if `linear`.

    Values below black are clamped to black, as viewers do.
    """
    shown = sh0_to_srgb(sh0)
    return shown.clamp_min(0.0) if linear else srgb_to_linear(shown)


def unit_quats(quats: Tensor) -> Tensor:
    """Return quaternions (..., 4) of unit length. A zero quaternion becomes NaN."""
    # Squares of components below 1e-19 are zero in float32: the largest becomes 1 first.
    scaled = quats / quats.abs().amax(dim=-1, keepdim=True)
    length: Tensor = torch.linalg.vector_norm(scaled, dim=-1, keepdim=True)
    return scaled / length


def rebuild_quats(largest: Tensor, others: Tensor) -> Tensor:
    """Return unit quaternions (N, 4) from their three smaller components.

    `largest` (N,) is the index in w x y z of the omitted component, which is positive. `others`
    (N, 3) are the other components in order.
    """
    left_out = (1 - others.square().sum(dim=1)).clamp_min(0.0).sqrt()
    index = torch.arange(4, device=others.device)
    # Component i is others[i] before the one left out and others[i - 1] after it.
    source = (index - (index > largest[:, None]).long()).clamp_max(2)
    quats = others.gather(1, source)
    return unit_quats(quats.scatter(1, largest[:, None], left_out[:, None]))
