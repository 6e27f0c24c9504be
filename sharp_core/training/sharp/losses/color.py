"""The colour loss: mean absolute difference of a rendered and a true picture."""

from __future__ import annotations

from torch import Tensor

from sharp_core.training.sharp.losses.means import masked_mean


def color_loss(rendered: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the mean of |rendered - target|, both (3, H, W), over pixels of `mask` (H, W).

    Rendered values above 1 are not clamped: that would take their gradient away.
    """
    return masked_mean((rendered - target).abs(), mask)
