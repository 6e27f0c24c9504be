"""The initialiser: two layers of base Gaussians from a photo and two layers of depth.

In: a square sRGB image in [0, 1] and depth in metres, both at the internal resolution R. Out:
Gaussians in NDC on a grid of G = R / 2 cells a side, without the network's corrections. Layer 0 is
the visible surface, layer 1 the surface that it hides. In NDC, x and y are in [-1, 1] with (-1, -1)
at the top left; the composer multiplies them by depth (`composer.py`). Depth is normalised so that
the nearest is 1; `global_scale` converts it back to metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

STRIDE = 2  # pixels of the internal resolution per cell, along each axis
BASE_OPACITY = 0.5
# In normalised units, where the nearest depth is 1. Larger depths are clamped to this.
FARTHEST = 100.0


class NormalizedDepth(NamedTuple):
    """Depth in units of the nearest depth of each photo."""

    depth: Tensor  # (B, 2, R, R), 1 to FARTHEST
    global_scale: Tensor  # (B,) metres per unit


@dataclass(frozen=True, slots=True, eq=False)
class BaseGaussians:
    """Two layers of G x G round, axis-aligned Gaussians in NDC and normalised depth."""

    x: Tensor  # (G,) cell centres, left to right
    y: Tensor  # (G,) cell centres, top to bottom
    disparity: Tensor  # (B, 2, G, G) 1 / depth
    scales: Tensor  # (B, 2, G, G) standard deviation at that depth
    colors: Tensor  # (B, 3, 2, G, G) sRGB in [0, 1]
    global_scale: Tensor  # (B,) metres per unit of depth


def normalize_depth(depth: Tensor) -> NormalizedDepth:
    """Divide metric depth (B, 2, R, R) by its minimum over both layers of each photo."""
    factor = 1.0 / (depth.amin(dim=(1, 2, 3)) + 1e-6)
    normalized = (depth * factor[:, None, None, None]).clamp_max(FARTHEST)
    return NormalizedDepth(normalized, 1.0 / factor)


def base_gaussians(image: Tensor, normalized: NormalizedDepth) -> BaseGaussians:
    """Place one Gaussian per cell and layer.

    `image` is (B, 3, R, R) sRGB in [0, 1]. A Gaussian has the nearest depth and the mean colour of
    the pixels of its cell, and a standard deviation of one cell. Both layers have the same colours.
    """
    resolution = image.shape[-1]
    disparity = F.max_pool2d(1.0 / normalized.depth, STRIDE)  # (B, 2, G, G)
    cells = disparity.shape[-1]
    centers = (torch.arange(cells, device=image.device, dtype=image.dtype) + 0.5) * (2 / cells) - 1
    colors = F.avg_pool2d(image, STRIDE)  # (B, 3, G, G)
    return BaseGaussians(
        x=centers,
        y=centers,
        disparity=disparity,
        scales=(2 * STRIDE / resolution) / disparity,
        colors=colors[:, :, None].expand(-1, -1, 2, -1, -1),
        global_scale=normalized.global_scale,
    )


def decoder_features(image: Tensor, normalized: NormalizedDepth) -> Tensor:
    """Return the Gaussian decoder's features, image and disparities: (B, 5, R, R) in [-1, 1]."""
    return 2.0 * torch.cat((image, 1.0 / normalized.depth), dim=1) - 1.0
