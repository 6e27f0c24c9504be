"""8-bit images as the networks of metrics take them."""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.evaluation.metrics.psnr import check_same_size
from sharp_core.scene.posed_picture import Pixels


def image_pair(
    rendered: Pixels, target: Pixels, device: torch.device, smallest_side: int
) -> tuple[Tensor, Tensor]:
    """Return two images (H, W, 3) as (1, 3, H, W) in [0, 1] on `device`.

    Raises ValueError if their sizes differ or a side is below `smallest_side`.
    """
    check_same_size(rendered, target)
    height, width = target.shape[:2]
    if min(height, width) < smallest_side:
        raise ValueError(
            f"the metric needs images of at least {smallest_side} px, found {width} x {height} px"
        )
    one, other = (
        torch.from_numpy(image.copy()).to(device).permute(2, 0, 1)[None] / 255
        for image in (rendered, target)
    )
    return one, other


def per_channel(*values: float) -> Tensor:
    """Return three numbers as (1, 3, 1, 1)."""
    return torch.tensor(values).view(1, 3, 1, 1)
