"""Losses of the scale map: it may correct depth only a little and only smoothly.

They are what the divergence from a prior is in a variational autoencoder: the map sees the truth in
training, so without them it would carry the truth itself.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

_HALVINGS = 6


def scale_loss(scale_map: Tensor) -> Tensor:
    """Return the mean of |S - 1| for `scale_map` (B, 1, R, R)."""
    return (scale_map - 1.0).abs().mean()


def scale_gradient_loss(scale_map: Tensor) -> Tensor:
    """Return the sum of the map's mean absolute slopes at 1/2, 1/4, ... 1/64 of its resolution.

    The sides must be multiples of 64. Downsampling is the mean of blocks and slopes are forward
    differences (neither is in the paper): a pattern of single pixels vanishes in the first mean.
    """
    side = min(scale_map.shape[-2:])
    if any(length % 2**_HALVINGS for length in scale_map.shape[-2:]):
        raise ValueError(f"scale map: expected sides that are multiples of 64, found {side}")
    total = scale_map.new_zeros(())
    for _ in range(_HALVINGS):
        scale_map = F.avg_pool2d(scale_map, 2)
        # A map of one row or column has no slope along the other axis.
        for slope in (scale_map.diff(dim=-1), scale_map.diff(dim=-2)):
            if slope.numel():
                total = total + slope.abs().sum() / scale_map.numel()
    return total
