"""Means over the pixels or Gaussians that count, 0 with a zero gradient if none counts."""

from __future__ import annotations

from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean of `values` (..., H, W) where `mask` (H, W) is true; None: of all."""
    if mask is None:
        return values.mean()
    kept = mask.to(values.dtype).expand_as(values)
    # `where` and not a product: what is left out may be infinite.
    return values.where(mask, 0.0).sum() / kept.sum().clamp_min(1.0)
