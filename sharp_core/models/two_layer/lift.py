"""Lift a depth map to a scene: two layers of Gaussians, from any model that predicts depth.

In: a photo, its focal length in pixels, and disparity (1 / depth, per metre) of the whole photo at
any resolution. Out: 2 x cells x cells Gaussians in metres, in the order of the published network.

    disparity -> crisp disparity on the grid -> visible layer + hidden layer -> metres
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from sharp_core.models.two_layer.base_gaussians import FARTHEST
from sharp_core.models.two_layer.crisp_disparity import HEAD_BOX_SHIFT, crisp_disparity
from sharp_core.models.two_layer.hidden_layer import grow_hidden
from sharp_core.scene.colors import srgb_to_linear
from sharp_core.scene.gaussians import Gaussians

DEFAULT_CELLS = 768  # per side, as in the published network

# Standard deviations in cells, along x and y; along the ray, too. Gaussians one cell wide and half
# opaque show a blurred photo; half as wide and nearly opaque, a sharp one. In front of grown
# background they are wider, so that none of it shows through. The hidden layer is never seen from
# the front and is wider still, so that it has no holes itself.
_WIDTH, _WIDTH_BEFORE_GROWN, _WIDTH_HIDDEN = 0.5, 0.7, 0.9
_THICKNESS = 1.0
_OPACITY = 0.97
# On slopes, cells move apart as the camera moves. Widths grow by this share of the distance, up to
# a distance of this many cells.
_STRETCH_SHARE, _MAX_STRETCH = 0.7, 1.5


class _Layers(NamedTuple):
    disparity: Tensor  # (2, G, G) relative: the nearest is 1
    colors: Tensor  # (2, G, G, 3) linear RGB
    widths: Tensor  # (2, G, G) cells


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
    guide = _resized(pixels, *disparity.shape)
    crisp = crisp_disparity(relative, guide, grid, enlarged=cells / min(width, height))
    layers = _two_layers(crisp, grid)
    return _in_metres(layers, nearest, width / focal_px, height / focal_px)


def _resized(pixels: npt.NDArray[np.uint8], height: int, width: int) -> Tensor:
    """Return the photo as (3, height, width) in [0, 1]."""
    image = Image.fromarray(pixels).resize(
        (width, height), Image.Resampling.HAMMING, reducing_gap=3.0
    )
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255.0


def _two_layers(disparity: Tensor, colors: Tensor) -> _Layers:
    hidden = grow_hidden(disparity, colors)
    visible_linear = srgb_to_linear(colors).permute(1, 2, 0)  # (G, G, 3)
    hidden_linear = visible_linear.clone()
    hidden_linear[hidden.grown] = srgb_to_linear(hidden.colors[:, hidden.grown].T)
    widths = torch.where(hidden.grown, _WIDTH_BEFORE_GROWN, _WIDTH)
    return _Layers(
        disparity=torch.stack((disparity, hidden.disparity)),
        colors=torch.stack((visible_linear, hidden_linear)),
        widths=torch.stack((widths, torch.full_like(widths, _WIDTH_HIDDEN))),
    )


def _in_metres(layers: _Layers, nearest: float, across: float, down: float) -> Gaussians:
    """Place one axis-aligned Gaussian per cell and layer.

    `nearest` is the disparity of 1 in 1/m; `across` and `down` are the photo's width and height
    over its focal length.
    """
    cells = layers.disparity.shape[-1]
    count = layers.disparity.numel()
    z = 1.0 / (layers.disparity * nearest)  # (2, G, G) metres
    centers = (torch.arange(cells) + 0.5) / cells - 0.5
    means = torch.empty(*z.shape, 3)
    torch.mul(z, centers * across, out=means[..., 0])
    torch.mul(z, (centers * down)[:, None], out=means[..., 1])
    means[..., 2] = z
    scales = torch.empty_like(means)
    for axis, (dim, extent) in enumerate(((2, across), (1, down))):
        scales[..., axis] = z * layers.widths * _stretch(layers.disparity, dim) * (extent / cells)
    scales[..., 2] = z * (_THICKNESS / cells)
    return Gaussians(
        means=means.view(count, 3),
        quats=torch.tensor((1.0, 0.0, 0.0, 0.0)).expand(count, 4),  # one for all: no memory
        scales=scales.view(count, 3),
        opacities=torch.tensor(_OPACITY).expand(count),
        colors=layers.colors.reshape(count, 3),
    )


def _stretch(disparity: Tensor, dim: int) -> Tensor:
    """Return by how much Gaussians of (2, G, G) widen along `dim`, to stay closed on slopes."""
    apart = _slope(disparity, dim) * (HEAD_BOX_SHIFT * disparity.shape[dim])  # cells
    return apart.clamp_max_(_MAX_STRETCH).mul_(_STRETCH_SHARE).add_(1)


def _slope(plane: Tensor, dim: int) -> Tensor:
    """Return the change per cell within surfaces: the smaller side, so steps are ignored."""
    change = plane.diff(dim=dim).abs()
    none = torch.zeros_like(plane.narrow(dim, 0, 1))
    return torch.minimum(torch.cat((none, change), dim), torch.cat((change, none), dim))
