"""A known-good test photo, to tell a broken predictor from a photo that breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.flow.decode_stage import NOT_STORED
from schemas.errors import RunError
from schemas.outcomes import Failed
from schemas.records import DecodedPhoto, FocalLength, FocalSource, MediaType, PhotoFile, PhotoMeta

if TYPE_CHECKING:  # workers that decode or encode do not need torch
    from pipeline.flow.predict_stage import PredictStage

_SIDE = 256
_PHOTO = DecodedPhoto(
    PhotoFile("health-check", "health-check", 0, 0, MediaType.UNKNOWN),
    PhotoMeta(),
    FocalLength(float(_SIDE), FocalSource.DEFAULT),
    _SIDE,
    _SIDE,
    NOT_STORED,
    0.0,
)


def check_predictor(stage: PredictStage) -> None:
    """Predict the photo with a model that is loaded. Raises RunError if that fails."""
    pixels = np.full((_SIDE, _SIDE, 3), 128, dtype=np.uint8)
    (result,) = stage.process([(_PHOTO, pixels)])
    if isinstance(result, Failed):
        raise RunError(
            f"the model fails on a known-good test photo, and so on every photo: {result.message}",
            "See 'sharp-batch doctor'. The photos stay due.",
        )
