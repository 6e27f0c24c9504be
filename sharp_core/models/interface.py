"""The interface of predictors. In: sRGB pixels, focal length in pixels. Out: metric Gaussians."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from sharp_core.scene.gaussians import Gaussians


class PredictorInput(NamedTuple):
    """One upright photo."""

    pixels: npt.NDArray[np.uint8]  # (height, width, 3) sRGB
    focal_px: float  # focal length, in pixels of this image


class Predictor(Protocol):
    """A loaded model. `fingerprint` identifies weights and code: equal ones give equal scenes."""

    name: str
    fingerprint: str
    device: torch.device

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        """Return one scene per photo, in order, in metres, on the predictor's device."""
        ...
