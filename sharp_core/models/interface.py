"""The interface of predictors. In: sRGB pixels, focal length in pixels. Out: metric Gaussians."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch

from schemas.records import ScaleSource
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


class PredictedScene(NamedTuple):
    """A scene in metres, and what the metres come from."""

    gaussians: Gaussians
    scale_source: ScaleSource


@runtime_checkable
class Uploading(Predictor, Protocol):
    """A predictor whose photos can be copied to its device while it predicts others."""

    def uploading(
        self, photos: Sequence[npt.NDArray[np.uint8]]
    ) -> contextlib.AbstractContextManager[None]:
        """Start to copy pixels, in any thread; `predict` finds these arrays inside."""
        ...


@runtime_checkable
class ScaleEstimator(Predictor, Protocol):
    """A predictor that does not predict metres, but estimates them from what a photo shows."""

    def predict_with_scale(self, photos: Sequence[PredictorInput]) -> list[PredictedScene]:
        """Return what `predict` returns, and for each scene what its scale comes from."""
        ...
