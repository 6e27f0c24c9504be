"""Losses of the depth layers: depth of the first, smoothness of the second, floaters at edges.

"Normalised disparity" is inverse depth in units in which the nearest point of the scene has 1. The
Gaussians are made from it, and the constants of these losses then mean the same in a room as in a
landscape. (That it is normalised is not in the paper.)
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

from sharp_core.training.sharp.losses.means import masked_mean

_SMALLEST_DEPTH_M = 1e-4


def depth_loss(depth: Tensor, true_depth: Tensor) -> Tensor:
    """Return the mean of |1 / depth - 1 / true_depth| in 1/m, both (B, 1, R, R) in metres.

    Pixels without true depth (0, infinite or NaN) do not count.
    """
    known = (true_depth > 0) & true_depth.isfinite()
    inverse = 1.0 / depth.clamp_min(_SMALLEST_DEPTH_M)
    true_inverse = 1.0 / true_depth.where(known, 1.0).clamp_min(_SMALLEST_DEPTH_M)
    return masked_mean((inverse - true_inverse).abs(), known)


def tv_loss(disparity: Tensor) -> Tensor:
    """Return the total variation a pixel of `disparity` (B, 1, R, R): sum over x and y."""
    along_x, along_y = _forward_differences(disparity)
    return (along_x.abs() + along_y.abs()).mean()


def grad_loss(
    disparity: Tensor, opacities: Tensor, sigma: float = 0.01, margin: float = 0.01
) -> Tensor:
    """Return the mean of alpha (1 - exp(-[slope - margin]+ / sigma)) over Gaussians.

    `disparity` is (B, L, R, R), normalised; `opacities` (B, L, G, G) belong to the cells of a grid
    over the same picture. The slope is that of a Gaussian's own layer at the centre of its cell
    (which layer is not in the paper), in disparity a pixel. An opaque Gaussian on a step of depth
    would float between foreground and background.
    """
    along_x, along_y = _forward_differences(disparity)
    # The floor keeps the slope's gradient finite where it is flat; its cost there is 0 anyway.
    slope = (along_x.square() + along_y.square()).clamp_min(1e-12).sqrt()  # (B, L, R, R)
    cells = opacities.shape[-1]
    stride = disparity.shape[-1] // cells
    at_centers = F.avg_pool2d(slope, stride)  # bilinear at the centre of 2 x 2 pixels
    steepness = 1.0 - torch.exp(-(at_centers - margin).clamp_min(0.0) / sigma)
    return (opacities * steepness).mean()


def _forward_differences(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return differences along x and y, as large as `values` (..., H, W), 0 at the far border."""
    along_x = F.pad(values[..., :, 1:] - values[..., :, :-1], (0, 1))
    along_y = F.pad(values[..., 1:, :] - values[..., :-1, :], (0, 0, 0, 1))
    return along_x, along_y
