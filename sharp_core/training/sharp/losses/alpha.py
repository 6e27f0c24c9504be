"""The alpha loss: every pixel has to be covered, so binary cross-entropy against 1."""

from __future__ import annotations

from torch import Tensor

from sharp_core.training.sharp.losses.means import masked_mean


def alpha_loss(alpha: Tensor, mask: Tensor | None = None, floor: float = 1e-4) -> Tensor:
    """Return the mean of -log(alpha) for `alpha` (H, W) in [0, 1], over pixels of `mask`.

    Alphas below `floor` count as `floor`: there the logarithm has no bound.
    """
    return masked_mean(-alpha.clamp(floor, 1.0).log(), mask)
