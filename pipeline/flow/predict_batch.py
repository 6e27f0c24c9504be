"""A batch of decoded photos -> their scenes, by any kind of predictor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pipeline.flow.decode_stage import Pixels
from schemas.records import DecodedPhoto, ScaleSource
from sharp_core.models.interface import (
    PredictedScene,
    Predictor,
    PredictorInput,
    ScaleEstimator,
)
from sharp_core.models.sphere.predict import predict_sphere
from sharp_core.models.sphere.tiles import TILES


def views_of(photo: DecodedPhoto) -> int:
    """Return how many views of a photo are predicted: of a panorama, each of its tiles."""
    return 1 if photo.sphere is None else len(TILES)


def predict_with_scale(
    predictor: Predictor, photos: Sequence[PredictorInput]
) -> list[PredictedScene]:
    """Return a scene per photo, and what its metres come from, by any kind of predictor."""
    if isinstance(predictor, ScaleEstimator):
        return predictor.predict_with_scale(photos)
    return [PredictedScene(scene, ScaleSource.MODEL) for scene in predictor.predict(photos)]


def predict_batch(
    predictor: Predictor, photos: Sequence[tuple[DecodedPhoto, Pixels]]
) -> list[PredictedScene]:
    """Return the scenes of photos, in order; each panorama is predicted on its own."""
    predict = partial(predict_with_scale, predictor)
    flat = [PredictorInput(pixels, one.focal.px) for one, pixels in photos if one.sphere is None]
    scenes = iter(predict(flat) if flat else ())
    return [
        next(scenes)
        if photo.sphere is None
        else predict_sphere(predict, pixels, photo.sphere, batch_size=len(photos))
        for photo, pixels in photos
    ]
