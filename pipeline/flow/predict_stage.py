"""The second stage: pixels and focal length -> a scene, packed as its format allows.

torch is imported where a model is loaded: the driver of a cluster makes the stage, and needs none.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import PackedScene, ScenePacker
from pipeline.scenes.scene_info import info_of
from pipeline.work.failures import failed
from pipeline.work.time_limit import time_limit
from schemas.errors import RESUME_HINT, DeviceError, OutOfTime
from schemas.execution_settings import StageLimits
from schemas.outcomes import Failed, Stage
from schemas.records import DecodedPhoto
from sharp_core.models.freed_memory import return_freed_memory

if TYPE_CHECKING:
    from sharp_core.models.interface import PredictedScene, Predictor

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
            import torch

            torch.set_num_threads(threads)
        if self._predictor is None:
            return_freed_memory()  # unless the model sets otherwise
            self._predictor = self._model.load()

    @property
    def predictor(self) -> Predictor:
        """The loaded model. Raises RuntimeError before `setup`."""
        if self._predictor is None:
            raise RuntimeError("setup() comes before process()")
        return self._predictor

    def uploading(self, photos: list[tuple[DecodedPhoto, Pixels]]) -> AbstractContextManager[None]:
        """Start to copy photos to the GPU, in any thread, for their `process` inside."""
        from sharp_core.models.interface import Uploading

        if not isinstance(self.predictor, Uploading):
            return nullcontext()
        # Of a panorama, the views that are cut from it are copied, by `process`.
        return self.predictor.uploading([pixels for one, pixels in photos if one.sphere is None])

    def process(
        self, photos: list[tuple[DecodedPhoto, Pixels]]
    ) -> list[tuple[PackedScene, float] | Failed]:
        """Return each photo's scene with the seconds it took, or its failure.

        Raises DeviceError where the GPU takes no more work: any of the photos may be at fault.
        """
        from pipeline.flow.predict_batch import predict_batch, views_of

        predictor = self.predictor
        started = time.perf_counter()
        try:
            with time_limit(self.limit_s * sum(views_of(photo) for photo, _ in photos)):
                scenes = predict_batch(predictor, photos)
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
        from sharp_core.models.lost_device import is_device_lost

        if self._predictor is not None and is_device_lost(self._predictor.device):
            raise DeviceError(
                f"{self._predictor.device} takes no more work: {error}",
                f"{RESUME_HINT} If that comes again, see "
                "'sharp-batch doctor' and what the driver says (dmesg).",
            ) from error
