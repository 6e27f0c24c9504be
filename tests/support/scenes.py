"""Small scenes with the layout of a predictor's output."""

from __future__ import annotations

import numpy as np
import torch

from sharp_core.models.two_layer.base_gaussians import base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, NdcGaussians, compose
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians

PHOTO = Intrinsics.of_photo(240, 240, 180)


def photo_scene(near_m: float = 2.0, far_m: float = 12.0, cells: int = 60) -> Gaussians:
    """Return a bright ground from `near_m` at the bottom to `far_m`, with a box in the middle.

    It is the scene of PHOTO: two layers of cells x cells Gaussians, without corrections.
    """
    size = 2 * cells
    y, x = np.mgrid[:size, :size] / size
    depth = 1 / ((1 - y) / far_m + y / near_m)
    box = (abs(x - 0.5) < 0.15) & (abs(y - 0.55) < 0.2)
    front = np.where(box, np.minimum(depth, 1.3 * near_m), depth)
    stripes = 0.75 + 0.2 * np.sin(40 * x) * np.cos(30 * y)
    image = np.stack([np.where(box, 0.9, stripes), stripes, np.where(box, 0.5, stripes)])
    layers = torch.from_numpy(np.stack([front, depth])).float()[None]
    base = base_gaussians(torch.from_numpy(image).float()[None], normalize_depth(layers))
    ndc = compose(base, torch.zeros(1, DELTA_CHANNELS, 2, cells, cells))
    return scaled_to_metres(ndc, PHOTO)


def scaled_to_metres(ndc: NdcGaussians, photo: Intrinsics) -> Gaussians:
    """Return the first scene of a batch in metres; its Gaussians must not be rotated."""
    factors = torch.tensor([photo.width / (2 * photo.fx), photo.height / (2 * photo.fy), 1.0])
    return Gaussians(
        ndc.means[0] * factors,
        ndc.quats[0],
        ndc.scales[0] * factors,
        ndc.opacities[0],
        ndc.colors[0],
    )
