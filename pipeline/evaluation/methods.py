"""What is evaluated: a model, splat files made elsewhere, or the photo on a plane."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from pipeline.evaluation.stereo_sample import StereoSample
from pipeline.flow.model import ResolvedModel
from pipeline.scenes.read import read_splat_file
from schemas.choices import Device
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from sharp_core.evaluation import flat
from sharp_core.evaluation.sample import Sample
from sharp_core.evaluation.target_view import assumed_intrinsics
from sharp_core.formats.registry import FORMATS
from sharp_core.models.interface import Predictor, PredictorInput
from sharp_core.models.two_layer.lift import DEFAULT_CELLS
from sharp_core.render.api import gpu_engine_is_installed
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.posed_picture import PosedPicture


class MadeScene(NamedTuple):
    """A scene of a source picture, in the frame of the camera that a predictor assumes."""

    gaussians: Gaussians
    seconds: float | None  # of prediction; None where none took place


class Method(Protocol):
    """Makes the scenes that are evaluated. Methods are pickled for workers."""

    @property
    def name(self) -> str:
        """What it is called in reports."""
        ...

    @property
    def gpus(self) -> float:
        """What share of a GPU a worker uses, where there is one."""
        ...

    def key(self, sample: Sample) -> str:
        """Return what identifies the scene of a sample: equal keys mean equal scenes."""
        ...

    def make(self, sample: Sample, source: PosedPicture) -> MadeScene:
        """Return the scene of a source picture. Raises SharpBatchError."""
        ...


@dataclass(frozen=True, slots=True)
class ModelMethod:
    """A registered model."""

    name: str
    model: ResolvedModel

    @property
    def gpus(self) -> float:
        """A whole GPU for a model that uses one."""
        uses_gpu = self.model.entry.gpu_seconds is not None
        return 1.0 if uses_gpu and self.model.settings.device is not Device.CPU else _render_gpus()

    def key(self, _sample: Sample) -> str:
        """Return the fingerprint of weights and code, and how the model runs."""
        settings = self.model.settings
        return f"{self.model.fingerprint} {settings.preset} {settings.dtype}"

    def make(self, _sample: Sample, source: PosedPicture) -> MadeScene:
        """Predict."""
        predictor = _loaded(self.model)
        started = time.perf_counter()
        (scene,) = predictor.predict([_input(source)])
        return MadeScene(scene, time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class FlatMethod:
    """The photo on a plane."""

    name: str = flat.NAME
    cells: int = DEFAULT_CELLS  # of its grid, a side

    @property
    def gpus(self) -> float:
        """Rendering alone."""
        return _render_gpus()

    def key(self, _sample: Sample) -> str:
        """Return the version of the baseline."""
        return f"{flat.FINGERPRINT} {self.cells}"

    def make(self, _sample: Sample, source: PosedPicture) -> MadeScene:
        """Put the photo on a plane."""
        return MadeScene(flat.predict_flat(_input(source), self.cells), None)


@dataclass(frozen=True, slots=True)
class SplatMethod:
    """Splat files in a folder, named as the sources of the samples."""

    name: str
    folder: Path

    @property
    def gpus(self) -> float:
        """Rendering alone."""
        return _render_gpus()

    def key(self, sample: Sample) -> str:
        """Return the file's name, size and time."""
        path = self._find(sample)
        if path is None:
            return "missing"
        stat = path.stat()
        return f"{path} {stat.st_size} {stat.st_mtime_ns}"

    def make(self, sample: Sample, _source: PosedPicture) -> MadeScene:
        """Read the file. Raises PhotoError."""
        path = self._find(sample)
        if path is None:
            raise PhotoError(
                FailureReason.UNREADABLE,
                f"there is no splat file {self.folder / sample.name} with one of the suffixes "
                f"{', '.join(_suffixes())}",
            )
        return MadeScene(read_splat_file(path).gaussians, None)

    def _find(self, sample: Sample) -> Path | None:
        """Return the file of a sample: at its path below the folder; of a photo, by its name too.

        In data sets every scene has pictures of the same names.
        """
        is_photo = isinstance(sample, StereoSample)
        for name in (sample.name, *([PurePosixPath(sample.name).name] if is_photo else [])):
            for suffix in _suffixes():
                path = self.folder / f"{name}{suffix}"
                if path.is_file():
                    return path
        return None


def _suffixes() -> tuple[str, ...]:
    return tuple(suffix for entry in FORMATS for suffix in entry.all_suffixes)


def _render_gpus() -> float:
    return 0.25 if gpu_engine_is_installed() else 0.0


def _input(source: PosedPicture) -> PredictorInput:
    return PredictorInput(source.image, assumed_intrinsics(source.camera.intrinsics).fx)


@functools.cache
def _loaded(model: ResolvedModel) -> Predictor:
    """Load a model once in a process. Raises WeightsError, UsageError."""
    return model.load()
