"""Lift a depth map to a scene: two layers of Gaussians, from any model that predicts depth.

In: a photo, its focal length in pixels, and disparity (1 / depth, per metre) of the whole photo at
any resolution. Out: 2 x cells x cells Gaussians in metres, in the order of the published network.

    disparity -> crisp disparity on the grid -> visible layer + hidden layer -> base Gaussians
              -> composer (NDC) -> metres
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from PIL import Image
from torch import Tensor

from sharp_core.models.two_layer.base_gaussians import (
    BASE_OPACITY,
    FARTHEST,
    STRIDE,
    BaseGaussians,
    base_gaussians,
    normalize_depth,
)
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose, scale_delta
from sharp_core.models.two_layer.crisp_disparity import HEAD_BOX_SHIFT, crisp_disparity
from sharp_core.models.two_layer.hidden_layer import grow_hidden
from sharp_core.scene.colors import srgb_to_lab
from sharp_core.scene.gaussians import Gaussians

DEFAULT_CELLS = 768  # per side, as in the published network

# Standard deviations in base scales (1 is the width of a cell). Base Gaussians as they are, one
# cell wide and half opaque, show a blurred photo; half as wide and nearly opaque, a sharp one. In
# front of grown background they are wider, so that none of it shows through. The hidden layer is
# never seen from the front and is wider still, so that it has no holes itself.
_WIDTH, _WIDTH_BEFORE_GROWN, _WIDTH_HIDDEN = 0.5, 0.7, 0.9
_THICKNESS = 0.5
_OPACITY = 0.97
# On slopes, cells move apart as the camera moves. Widths grow by this share of the distance, up to
# a distance of this many cells.
_STRETCH_SHARE, _MAX_STRETCH = 0.7, 1.5


class _Layers(NamedTuple):
    disparity: Tensor  # (2, G, G) relative: the nearest is 1
    colors: Tensor  # (3, 2, G, G) sRGB
    widths: Tensor  # (2, G, G) base scales


def lift_to_gaussians(
    disparity: Tensor, pixels: npt.NDArray[np.uint8], focal_px: float, cells: int = DEFAULT_CELLS
) -> Gaussians:
    """Return the scene of a photo (height, width, 3) with `disparity` (h, w) in 1/m.

    Disparity of 0 is infinitely far; the farthest Gaussians lie at 100 times the nearest depth.
    Raises ValueError where no disparity is positive, or some are not finite.
    """
    if not disparity.isfinite().all() or disparity.max() <= 0:
        raise ValueError("disparity has to be finite, and positive somewhere")
    height, width = pixels.shape[:2]
    nearest = float(disparity.max())
    relative = (disparity / nearest).clamp_min(1 / FARTHEST)
    grid = _resized(pixels, cells, cells)  # (3, G, G) sRGB in [0, 1]
    guide = srgb_to_lab(_resized(pixels, *disparity.shape))
    crisp = crisp_disparity(relative, guide, srgb_to_lab(grid), enlarged=cells / min(width, height))
    layers = _two_layers(crisp, grid)
    ndc = compose(_base(layers, nearest), _delta(layers))
    # These Gaussians are axis-aligned, so NDC to metres only scales each axis.
    to_metres = torch.tensor((width / (2 * focal_px), height / (2 * focal_px), 1.0))
    return Gaussians(
        means=ndc.means[0] * to_metres,
        quats=ndc.quats[0].contiguous(),
        scales=ndc.scales[0] * to_metres,
        opacities=ndc.opacities[0],
        colors=ndc.colors[0].contiguous(),
    )


def _resized(pixels: npt.NDArray[np.uint8], height: int, width: int) -> Tensor:
    """Return the photo as (3, height, width) in [0, 1]."""
    image = Image.fromarray(pixels).resize(
        (width, height), Image.Resampling.HAMMING, reducing_gap=3.0
    )
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255.0


def _two_layers(disparity: Tensor, colors: Tensor) -> _Layers:
    hidden = grow_hidden(disparity, colors)
    widths = torch.where(hidden.grown, _WIDTH_BEFORE_GROWN, _WIDTH)
    return _Layers(
        disparity=torch.stack((disparity, hidden.disparity)),
        colors=torch.stack((colors, hidden.colors), dim=1),
        widths=torch.stack((widths, torch.full_like(widths, _WIDTH_HIDDEN))),
    )


def _base(layers: _Layers, nearest: float) -> BaseGaussians:
    """Run the layers through the network's initialiser; all pixels of a cell are equal."""
    depth = 1.0 / (layers.disparity * nearest)  # metres
    image = F.interpolate(layers.colors[None, :, 0], scale_factor=STRIDE)
    base = base_gaussians(image, normalize_depth(F.interpolate(depth[None], scale_factor=STRIDE)))
    return replace(base, colors=layers.colors[None])


def _delta(layers: _Layers) -> Tensor:
    """Return the deltas (1, 14, 2, G, G) that set widths and opacity, and nothing else."""
    delta = torch.zeros(1, DELTA_CHANNELS, *layers.disparity.shape)
    for channel, dim in ((3, 2), (4, 1)):  # x, y
        apart = _slope(layers.disparity, dim) * HEAD_BOX_SHIFT * layers.disparity.shape[dim]
        stretch = 1 + _STRETCH_SHARE * apart.clamp_max(_MAX_STRETCH)  # `apart` is in cells
        delta[0, channel] = scale_delta(layers.widths * stretch)
    delta[0, 5] = scale_delta(_THICKNESS)
    delta[0, 13] = torch.logit(torch.tensor(_OPACITY)) - torch.logit(torch.tensor(BASE_OPACITY))
    return delta


def _slope(plane: Tensor, dim: int) -> Tensor:
    """Return the change per cell within surfaces: the smaller side, so steps are ignored."""
    change = plane.diff(dim=dim).abs()
    none = torch.zeros_like(plane.narrow(dim, 0, 1))
    return torch.minimum(torch.cat((none, change), dim), torch.cat((change, none), dim))
