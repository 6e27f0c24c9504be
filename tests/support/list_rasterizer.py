"""A differentiable rasteriser in plain torch, the baseline of the compiled one.

It lists the pixels of each footprint, sorts the pairs by pixel and depth, and blends each pixel's
pairs by cumulative sums. Its cost is the number of pairs, not pixels times Gaussians.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.render.rules import ALPHA_FLOOR, MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.projection import Projection, project


def rasterize_lists(gaussians: Gaussians, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
    """Return colour on black (H, W, 3), mean depth (H, W) and alpha (H, W)."""
    width, height = camera.intrinsics.width, camera.intrinsics.height
    seen = project(gaussians, camera)
    with torch.no_grad():
        owner, pixel = _pairs(seen, gaussians.opacities, width, height)
        owner, pixel = _sorted_pairs(seen, gaussians.opacities, owner, pixel, width)
    alpha = _alpha(seen, gaussians.opacities, owner, pixel, width)
    logs = torch.log1p(-alpha.double())
    before = torch.exp(_exclusive_sums(logs, pixel)).to(alpha.dtype)
    weights = torch.where(before * (1 - alpha) > MIN_TRANSMITTANCE, alpha * before, 0.0)
    values = torch.cat(
        [gaussians.colors[owner], seen.depth[owner, None], torch.ones_like(weights)[:, None]], dim=1
    )
    planes = weights.new_zeros(height * width, 5).index_add(0, pixel, weights[:, None] * values)
    color, depth, coverage = planes.view(height, width, 5).split([3, 1, 1], dim=-1)
    return color, depth[..., 0] / coverage[..., 0].clamp_min(ALPHA_FLOOR), coverage[..., 0]


def _pairs(seen: Projection, opacities: Tensor, width: int, height: int) -> tuple[Tensor, Tensor]:
    """Return the Gaussian and the pixel of each pair in the box around each footprint."""
    levels = 2 * torch.log((opacities / MIN_ALPHA).clamp_min(1.0))
    reach_u, reach_v = (levels * seen.variance_u).sqrt(), (levels * seen.variance_v).sqrt()
    first_x = (seen.u - reach_u - 0.5).ceil().clamp(0, width)
    first_y = (seen.v - reach_v - 0.5).ceil().clamp(0, height)
    columns = ((seen.u + reach_u - 0.5).floor().clamp(-1, width - 1) - first_x + 1).clamp_min(0)
    rows = ((seen.v + reach_v - 0.5).floor().clamp(-1, height - 1) - first_y + 1).clamp_min(0)
    counts = torch.where(seen.visible, columns * rows, 0.0).long()
    owner = torch.repeat_interleave(torch.arange(len(counts)), counts)
    number = torch.arange(len(owner)) - (counts.cumsum(0) - counts)[owner]
    wide = columns.long()[owner]
    x, y = first_x.long()[owner] + number % wide, first_y.long()[owner] + number // wide
    return owner, y * width + x


def _sorted_pairs(
    seen: Projection, opacities: Tensor, owner: Tensor, pixel: Tensor, width: int
) -> tuple[Tensor, Tensor]:
    """Drop pairs below the threshold of alpha; sort the rest by pixel, and by depth within it."""
    kept = _alpha(seen, opacities, owner, pixel, width) >= MIN_ALPHA
    owner, pixel = owner[kept], pixel[kept]
    ranks = torch.empty_like(seen.depth, dtype=torch.long)
    ranks[torch.argsort(seen.depth, stable=True)] = torch.arange(len(ranks))
    by_depth = torch.argsort(ranks[owner], stable=True)
    order = by_depth[torch.argsort(pixel[by_depth], stable=True)]
    return owner[order], pixel[order]


def _alpha(seen: Projection, opacities: Tensor, owner: Tensor, pixel: Tensor, width: int) -> Tensor:
    dx = (pixel % width + 0.5) - seen.u[owner]
    dy = (pixel // width + 0.5) - seen.v[owner]
    q = seen.variance_v[owner] * dx * dx + seen.variance_u[owner] * dy * dy
    q = (q - 2 * seen.covariance[owner] * dx * dy) / seen.determinant[owner]
    return (opacities[owner] * torch.exp(-q / 2)).clamp_max(MAX_ALPHA)


def _exclusive_sums(values: Tensor, pixel: Tensor) -> Tensor:
    """Return, for each pair, the sum of the values of the pairs before it at the same pixel."""
    sums = values.cumsum(0) - values
    is_first = torch.ones_like(pixel, dtype=torch.bool)
    is_first[1:] = pixel[1:] != pixel[:-1]
    starts = is_first.nonzero()[:, 0]
    return sums - sums[starts][is_first.cumsum(0) - 1]
