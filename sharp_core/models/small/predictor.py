"""The model `small`: a photo in, a scene in metres out, by the bundled depth network.

pixels -> network: relative inverse depth and classes -> disparity in 1/m -> two layers of Gaussians
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from schemas.settings import ModelSettings
from sharp_core.models.interface import PredictorInput
from sharp_core.models.small.config import input_size
from sharp_core.models.small.entry import SMALL
from sharp_core.models.small.network import SmallNetwork, SmallOutput, fold_batch_norms
from sharp_core.models.small.scale import metric_disparity
from sharp_core.models.small.weights import BUNDLED, load_weights
from sharp_core.models.two_layer.lift import DEFAULT_CELLS, lift_to_gaussians
from sharp_core.scene.gaussians import Gaussians


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
        self._network = SmallNetwork()
        load_weights(self._network, weights)
        fold_batch_norms(self._network)
        self._cells = cells

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        """Return one scene per photo, in order, in metres. The same photo gives the same scene."""
        return [self._predict(photo) for photo in photos]

    def _predict(self, photo: PredictorInput) -> Gaussians:
        output = self._estimate(photo.pixels)
        height, width = photo.pixels.shape[:2]
        rows, columns = output.inverse_depth.shape[-2:]
        # The maps have the photo's aspect only nearly, at multiples of 32: one focal length serves.
        focal = photo.focal_px * (rows * columns / (height * width)) ** 0.5
        classes = output.class_logits[0].softmax(dim=0)
        metric = metric_disparity(output.inverse_depth[0, 0], classes, focal)
        return lift_to_gaussians(metric.disparity, photo.pixels, photo.focal_px, self._cells)

    @torch.inference_mode()
    def _estimate(self, pixels: npt.NDArray[np.uint8]) -> SmallOutput:
        size = input_size(*pixels.shape[:2])
        image = Image.fromarray(pixels).resize(
            (size.width, size.height), Image.Resampling.BILINEAR, reducing_gap=3.0
        )
        tensor = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255.0
        output: SmallOutput = self._network(tensor)
        return output
