"""The second stage: pixels and focal length -> a scene, packed as its format allows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import torch

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import PackedScene, ScenePacker
from pipeline.scenes.scene_info import info_of
from pipeline.work.failures import failed
from pipeline.work.freed_memory import return_freed_memory
from pipeline.work.time_limit import time_limit
from schemas.errors import RESUME_HINT, DeviceError, OutOfTime
from schemas.execution_settings import StageLimits
from schemas.outcomes import Failed, Stage
from schemas.records import DecodedPhoto, ScaleSource
from sharp_core.models.interface import (
    PredictedScene,
    Predictor,
    PredictorInput,
    ScaleEstimator,
)
from sharp_core.models.lost_device import is_device_lost
from sharp_core.models.sphere.predict import predict_sphere
from sharp_core.models.sphere.tiles import TILES

_LIMITS = StageLimits()


class PredictStage:
    """Pixels and focal length -> Gaussians. `setup` loads the model, once a worker."""

    def __init__(
        self, model: ResolvedModel, packer: ScenePacker, limit_s: float = _LIMITS.predict_s
    ) -> None:
        self.limit_s = limit_s
        self._model = model
        self._packer = packer
        self._predictor: Predictor | None = None

    @property
    def scene_bytes(self) -> int:
        """What a scene takes on its way to the encoder."""
        return self._packer.usual_bytes(self._model.entry.gaussians)

    def setup(self, threads: int | None = None) -> None:
        """Load the model, unless it is loaded; it computes on so many CPU threads from then on."""
        if threads is not None:
            torch.set_num_threads(threads)
        return_freed_memory()
        if self._predictor is None:
            self._predictor = self._model.load()

    @property
    def predictor(self) -> Predictor:
        """The loaded model. Raises RuntimeError before `setup`."""
        if self._predictor is None:
            raise RuntimeError("setup() comes before process()")
        return self._predictor

    def process(
        self, photos: list[tuple[DecodedPhoto, Pixels]]
    ) -> list[tuple[PackedScene, float] | Failed]:
        """Return each photo's scene with the seconds it took, or its failure.

        Raises DeviceError where the GPU takes no more work: any of the photos may be at fault.
        """
        predictor = self.predictor
        started = time.perf_counter()
        views = sum(len(TILES) if photo.sphere is not None else 1 for photo, _ in photos)
        try:
            with time_limit(self.limit_s * views):
                scenes = _predict(predictor, photos)
        except (Exception, OutOfTime) as error:
            self._check_device(error)
            if len(photos) > 1:  # find the photo at fault: each on its own
                return [self.process([photo])[0] for photo in photos]
            photo = photos[0][0]
            return [failed(photo.file, Stage.PREDICT, error, photo.meta, self._model.fingerprint)]
        seconds = (time.perf_counter() - started) / len(photos)
        return [
            self._pack(photo, scene, seconds)
            for (photo, _), scene in zip(photos, scenes, strict=True)
        ]

    def _pack(
        self, photo: DecodedPhoto, scene: PredictedScene, seconds: float
    ) -> tuple[PackedScene, float] | Failed:
        started = time.perf_counter()
        try:
            gaussians, scale_source = scene
            packed = self._packer.pack(gaussians, photo, info_of(photo), scale_source)
        except Exception as error:
            self._check_device(error)
            return failed(photo.file, Stage.PREDICT, error, photo.meta, self._model.fingerprint)
        return packed, seconds + time.perf_counter() - started

    def _check_device(self, error: BaseException) -> None:
        """Raise DeviceError if `error` has left the device unusable."""
        if self._predictor is not None and is_device_lost(self._predictor.device):
            raise DeviceError(
                f"{self._predictor.device} takes no more work: {error}",
                f"{RESUME_HINT} If that comes again, see "
                "'sharp-batch doctor' and what the driver says (dmesg).",
            ) from error


def predict_with_scale(
    predictor: Predictor, photos: Sequence[PredictorInput]
) -> list[PredictedScene]:
    """Return a scene per photo, and what its metres come from, by any kind of predictor."""
    if isinstance(predictor, ScaleEstimator):
        return predictor.predict_with_scale(photos)
    return [PredictedScene(scene, ScaleSource.MODEL) for scene in predictor.predict(photos)]


def _predict(
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
