"""The model `prior`: a photo in, a plausible scene out, by hand-made rules and without weights.

It stands in for `sharp` where its weights are not at hand. What it knows of depth is a guess from
a few cues (`prior_depth`): relief and parallax look right more often than not, and distances are
of the right order.

    pixels -> planes -> coarse disparity -> crisp disparity -> two layers -> base Gaussians
           -> composer (NDC) -> metres
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from PIL import Image
from torch import Tensor

from schemas.settings import ModelSettings
from sharp_core.models.interface import PredictorInput
from sharp_core.models.prior.depth import coarse_disparity
from sharp_core.models.prior.edges import SWING, crisp_disparity
from sharp_core.models.prior.entry import PRIOR
from sharp_core.models.prior.hidden import grow_hidden
from sharp_core.models.prior.image import photo_planes, srgb_to_lab
from sharp_core.models.two_layer.base_gaussians import (
    BASE_OPACITY,
    STRIDE,
    BaseGaussians,
    base_gaussians,
    normalize_depth,
)
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose, scale_delta
from sharp_core.scene.gaussians import Gaussians

DEFAULT_CELLS = 768  # a side, as of the published network

# Standard deviations, in base scales (one cell). Plain base Gaussians, one cell wide and half
# opaque, show a blurred photo; half as wide and nearly opaque they show it sharply. Before a
# background that was grown they are wider, to let none of it through; the hidden layer, which
# nobody sees from the front, is wider still, to have no holes itself.
_WIDTH, _WIDTH_BEFORE_GROWN, _WIDTH_HIDDEN = 0.5, 0.7, 0.9
_THICKNESS = 0.5
_OPACITY = 0.97
# On slopes cells move apart as the eye moves: widths grow by this share of the distance, up to a
# distance of so many cells.
_STRETCH_SHARE, _MOST_STRETCH = 0.7, 1.5


class _Layers(NamedTuple):
    disparity: Tensor  # (2, G, G) relative: the nearest is 1
    colors: Tensor  # (3, 2, G, G) sRGB
    widths: Tensor  # (2, G, G) base scales


class PriorPredictor:
    """The hand-made depth prior, as a predictor. It works on the CPU, one photo after another.

    `cells` is the side of its grid: a scene has 2 x cells x cells Gaussians.
    """

    name = PRIOR.name
    fingerprint = PRIOR.fingerprint
    device = torch.device("cpu")

    def __init__(self, cells: int = DEFAULT_CELLS) -> None:
        self._cells = cells

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        """Return one scene a photo, in order, in metres. The same photo gives the same scene."""
        return [_predict(photo, self._cells) for photo in photos]


def load(_settings: ModelSettings, _device: str, _weights: Path | None) -> PriorPredictor:
    """Return the predictor; there is nothing to load."""
    return PriorPredictor()


def _predict(photo: PredictorInput, cells: int) -> Gaussians:
    height, width = photo.pixels.shape[:2]
    planes = photo_planes(photo.pixels)
    # Copied: torch wants arrays that it may write to, and Pillow's are its own.
    coarse = torch.from_numpy(coarse_disparity(planes, photo.focal_px / width))
    nearest = float(coarse.max())  # a metre
    image = Image.fromarray(photo.pixels).resize(
        (cells, cells), Image.Resampling.HAMMING, reducing_gap=3.0
    )
    grid = np.array(image)  # (G, G, 3)
    disparity = crisp_disparity(
        coarse / nearest, planes.lab, srgb_to_lab(grid), enlarged=cells / min(width, height)
    )
    layers = _two_layers(disparity, torch.from_numpy(grid).permute(2, 0, 1) / 255.0)
    ndc = compose(_base(layers, nearest), _delta(layers))
    # The Gaussians lie along the axes, so going from NDC to metres scales each axis of each.
    to_metres = torch.tensor((width / (2 * photo.focal_px), height / (2 * photo.focal_px), 1.0))
    return Gaussians(
        means=ndc.means[0] * to_metres,
        quats=ndc.quats[0].contiguous(),
        scales=ndc.scales[0] * to_metres,
        opacities=ndc.opacities[0],
        colors=ndc.colors[0].contiguous(),
    )


def _two_layers(disparity: Tensor, colors: Tensor) -> _Layers:
    hidden = grow_hidden(disparity, colors)
    widths = torch.where(hidden.grown, _WIDTH_BEFORE_GROWN, _WIDTH)
    return _Layers(
        disparity=torch.stack((disparity, hidden.disparity)),
        colors=torch.stack((colors, hidden.colors), dim=1),
        widths=torch.stack((widths, torch.full_like(widths, _WIDTH_HIDDEN))),
    )


def _base(layers: _Layers, nearest: float) -> BaseGaussians:
    """Put the layers through the network's initialiser, a cell's pixels being all alike."""
    depth = 1.0 / (layers.disparity * nearest)  # metres
    image = F.interpolate(layers.colors[None, :, 0], scale_factor=STRIDE)
    base = base_gaussians(image, normalize_depth(F.interpolate(depth[None], scale_factor=STRIDE)))
    return replace(base, colors=layers.colors[None])


def _delta(layers: _Layers) -> Tensor:
    """Return the corrections (1, 14, 2, G, G) that set widths and opacity, and nothing else."""
    delta = torch.zeros(1, DELTA_CHANNELS, *layers.disparity.shape)
    for channel, dim in ((3, 2), (4, 1)):  # x, y
        apart = _slope(layers.disparity, dim) * SWING * layers.disparity.shape[dim]  # cells
        stretch = 1 + _STRETCH_SHARE * apart.clamp_max(_MOST_STRETCH)
        delta[0, channel] = scale_delta(layers.widths * stretch)
    delta[0, 5] = scale_delta(_THICKNESS)
    delta[0, 13] = torch.logit(torch.tensor(_OPACITY)) - torch.logit(torch.tensor(BASE_OPACITY))
    return delta


def _slope(plane: Tensor, dim: int) -> Tensor:
    """Change a cell within surfaces: the lesser of both sides', so that steps do not count."""
    change = plane.diff(dim=dim).abs()
    none = torch.zeros_like(plane.narrow(dim, 0, 1))
    return torch.minimum(torch.cat((none, change), dim), torch.cat((change, none), dim))
