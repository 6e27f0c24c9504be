"""A model that is loaded once and makes scenes of photos in memory, without a library."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import torch

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.model import ResolvedModel, resolve_model
from pipeline.flow.pack_scene import ScenePacker
from pipeline.flow.predict_batch import predict_with_scale
from pipeline.flow.predict_stage import PredictStage
from pipeline.flow.single_photo import decode_photo, error_of
from pipeline.metadata.focal import focal_px_of_35mm
from pipeline.scenes.scene_info import info_of
from schemas.choices import BUNDLED_MODEL
from schemas.errors import PhotoError, UsageError, WeightsMissingError
from schemas.outcomes import Failed
from schemas.program import GENERATOR
from schemas.reasons import FailureReason
from schemas.records import DEFAULT_FOCAL_35MM, FocalSource, ScaleSource
from schemas.settings import ModelSettings, PhotoSettings, SplatSettings
from sharp_core.formats.scene import SceneInfo
from sharp_core.models.interface import PredictorInput
from sharp_core.scene.gaussians import Gaussians

# One photo that is named is predicted whatever its size and shape.
_ANY_PHOTO = PhotoSettings(allow_small=True, allow_wide=True, allow_360=True)


class PredictedPhoto(NamedTuple):
    """A scene that was predicted, in memory."""

    gaussians: Gaussians  # metres, in the frame of the photo's camera, on the model's device
    info: SceneInfo  # size and focal length of the photo, pixels
    scale_source: ScaleSource  # what the metres come from
    focal_source: FocalSource  # what the focal length comes from
    focal_warning: str | None = None  # why the focal length may be wrong


def load_model(model: str | ModelSettings = BUNDLED_MODEL) -> LoadedModel:
    """Load a model by name, such as 'small', or by settings that also name device and weights.

    Nothing is downloaded. Raises UsageError for an unknown model or what it does not have,
    WeightsMissingError where its weights are not on this machine, other WeightsErrors where they
    cannot be used.
    """
    settings = ModelSettings(model) if isinstance(model, str) else model
    resolved = resolve_model(settings)
    if resolved.lacks_weights:
        raise WeightsMissingError.of_model(settings.model)
    return LoadedModel(resolved)


class LoadedModel:
    """A loaded model. At the end of its context it is dropped, and a GPU's memory freed.

    Not thread-safe: one photo at a time.
    """

    def __init__(self, model: ResolvedModel) -> None:
        self._model = model
        self._stage: PredictStage | None = PredictStage(
            model, ScenePacker(SplatSettings(), keep_floats=True)
        )
        self._stage.setup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LoadedModel({self.name!r})"

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._loaded.predictor.device

    def close(self) -> None:
        """Drop the model. The scenes that it has made stay."""
        self._stage = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def predict_photo(
        self, photo: str | Path, settings: PhotoSettings = _ANY_PHOTO
    ) -> PredictedPhoto:
        """Make a scene of a photo file as a run would: its metadata and sidecars count.

        `settings.focal_35mm` overrides the focal length. Raises UsageError where there is no such
        file, or `settings` exclude it; PhotoError, with its reason, where a run would record the
        photo as failed.
        """
        path = Path(photo)
        decoded, pixels = decode_photo(path, settings)
        (predicted,) = self._loaded.process([(decoded, pixels)])
        if isinstance(predicted, Failed):
            raise error_of(path, predicted)
        scene = predicted[0]
        focal = decoded.focal
        return PredictedPhoto(
            scene.to_gaussians(), info_of(decoded), scene.scale_source, focal.source, focal.warning
        )

    def predict_pixels(
        self, pixels: Pixels, *, focal_px: float | None = None, focal_35mm: float | None = None
    ) -> PredictedPhoto:
        """Make a scene of upright sRGB `pixels` (height, width, 3), uint8.

        `focal_px` is the focal length in pixels, `focal_35mm` the 35 mm equivalent in millimetres;
        without either it is that of a usual phone, 30 mm. Raises UsageError where the pixels or
        the focal length make no sense, PhotoError where the model makes no valid scene of them.
        """
        _check_pixels(pixels)
        height, width = pixels.shape[:2]
        focal, source = _focal(focal_px, focal_35mm, width, height)
        photo = PredictorInput(np.ascontiguousarray(pixels), focal)
        try:
            (scene,) = predict_with_scale(self._loaded.predictor, [photo])
            scene.gaussians.check()
        except (ValueError, RuntimeError) as error:
            raise PhotoError(FailureReason.MODEL_ERROR, f"{self.name}: {error}") from error
        info = SceneInfo(focal, width, height, generator=GENERATOR)
        return PredictedPhoto(scene.gaussians, info, scene.scale_source, source)

    @property
    def _loaded(self) -> PredictStage:
        if self._stage is None:
            raise UsageError(f"the model {self.name!r} is closed", "Load it again.")
        return self._stage


def _check_pixels(pixels: Pixels) -> None:
    is_picture = pixels.ndim == 3 and pixels.shape[2] == 3 and min(pixels.shape) > 0
    if not is_picture or pixels.dtype != np.uint8:
        raise UsageError(
            f"pixels: expected (height, width, 3) of uint8, found {pixels.shape} of {pixels.dtype}"
        )


def _focal(
    focal_px: float | None, focal_35mm: float | None, width: int, height: int
) -> tuple[float, FocalSource]:
    if focal_px is not None and focal_35mm is not None:
        raise UsageError("focal_px and focal_35mm say the same: give one of them")
    given = focal_35mm if focal_px is None else focal_px
    if given is not None and not 0 < given < float("inf"):
        raise UsageError(f"focal length: expected a number above zero, found {given}")
    if focal_px is not None:
        return focal_px, FocalSource.USER
    source = FocalSource.DEFAULT if focal_35mm is None else FocalSource.USER
    return focal_px_of_35mm(focal_35mm or DEFAULT_FOCAL_35MM, width, height), source
