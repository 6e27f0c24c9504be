"""The model `small`: a photo in, a scene in metres out, by the bundled depth network.

pixels -> network: relative inverse depth and classes -> disparity in 1/m -> narrow things
upright -> two layers of Gaussians
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from schemas.settings import ModelSettings
from sharp_core.models.interface import PredictedScene, PredictorInput
from sharp_core.models.small.entry import SMALL
from sharp_core.models.small.inference import SmallDepth, one_thread
from sharp_core.models.small.scale import metric_disparity
from sharp_core.models.small.upright import stand_upright
from sharp_core.models.small.weights import BUNDLED
from sharp_core.models.two_layer.lift import DEFAULT_CELLS, lift_to_gaussians
from sharp_core.scene.gaussians import Gaussians

_ENOUGH = 1440  # pixels of the shorter side: network and grid see no more than two thirds of them


def load(_settings: ModelSettings, _device: str, _weights: Path | None) -> SmallPredictor:
    """Load the bundled weights. Raises WeightsDamagedError if they do not fit this code."""
    return SmallPredictor()


class SmallPredictor:
    """The bundled depth network, as a predictor on the CPU, one photo after another.

    `cells` is the side of the grid: a scene has 2 x cells x cells Gaussians.
    """

    name = SMALL.name
    fingerprint = SMALL.fingerprint
    device = torch.device("cpu")

    def __init__(self, weights: Path = BUNDLED, cells: int = DEFAULT_CELLS) -> None:
        self._depth = SmallDepth(weights)
        self._cells = cells

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        """Return one scene per photo, in order, in metres. The same photo gives the same scene."""
        return [scene.gaussians for scene in self.predict_with_scale(photos)]

    def predict_with_scale(self, photos: Sequence[PredictorInput]) -> list[PredictedScene]:
        """Return the scenes, and the rule of `scale.py` that gave each its scale."""
        # One thread: the maps are small, and threads that wait for each other on a busy machine
        # take several times as long. The other cores decode and encode meanwhile.
        with one_thread():
            return [self._predict(photo) for photo in photos]

    def _predict(self, photo: PredictorInput) -> PredictedScene:
        pixels = _reduced(photo.pixels)
        height, width = pixels.shape[:2]
        focal_px = photo.focal_px * width / photo.pixels.shape[1]
        relative, classes = self._depth(pixels)
        # The maps have the photo's aspect only nearly, at multiples of 32: one focal length serves.
        focal = focal_px * (relative.size / (height * width)) ** 0.5
        metric = metric_disparity(relative, classes, focal)
        disparity = stand_upright(torch.from_numpy(metric.disparity))
        scene = lift_to_gaussians(disparity, pixels, focal_px, self._cells)
        return PredictedScene(scene, metric.scale_source)


def _reduced(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return (height, width, 3), averaged over squares of pixels if there are many."""
    factor = min(pixels.shape[:2]) // _ENOUGH
    return pixels if factor < 2 else np.asarray(Image.fromarray(pixels).reduce(factor))
