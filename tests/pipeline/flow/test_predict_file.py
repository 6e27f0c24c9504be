"""One photo to one file, by the stages of a run: the same scene and the same errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from pipeline.flow.model import ResolvedModel
from pipeline.flow.predict_file import predict_file
from pipeline.library import Library
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.settings import IngestSettings, ModelSettings, PhotoSettings, SplatSettings
from schemas.tables import scenes
from sharp_core.formats.registry import read_scene
from sharp_core.models.interface import Predictor, PredictorInput
from sharp_core.scene.gaussians import Gaussians
from tests.support.made_photos import make_photo
from tests.support.trivial_model import TrivialPredictor, ingest, trivial_model


class OutOfMemory(TrivialPredictor):
    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


class NotFinite(TrivialPredictor):
    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        return [
            replace(scene, means=scene.means * float("nan")) for scene in super().predict(photos)
        ]


@dataclass(frozen=True, slots=True)
class Model(ResolvedModel):
    kind: type[TrivialPredictor] = TrivialPredictor

    def load(self) -> Predictor:
        return self.kind(0.0, None)


def model_of(kind: type[TrivialPredictor]) -> ResolvedModel:
    return Model(ModelSettings("small"), "trivial-1", kind=kind)


@pytest.mark.parametrize(
    ("kind", "reason", "said"),
    [
        (OutOfMemory, FailureReason.OUT_OF_MEMORY, "not enough memory"),
        (NotFinite, FailureReason.MODEL_ERROR, "means"),
    ],
)
def test_errors_of_the_model_are_those_that_a_run_records(
    tmp_path: Path, kind: type[TrivialPredictor], reason: FailureReason, said: str
) -> None:
    photo, to = make_photo(tmp_path / "photo.jpg", 1), tmp_path / "scene.ply"
    with pytest.raises(PhotoError, match=rf"photo\.jpg: .*{said}.* \({reason}\)") as caught:
        predict_file(photo, to, model_of(kind), PhotoSettings())
    assert caught.value.reason is reason
    assert not to.exists()


def test_the_file_and_its_numbers_are_those_of_a_run(tmp_path: Path) -> None:
    photo, to = make_photo(tmp_path / "photos" / "photo.jpg", 1), tmp_path / "scene.ply"
    steps: list[str] = []
    prediction = predict_file(photo, to, trivial_model(), PhotoSettings(), steps.append)
    assert steps == ["decode", "load", "predict", "write"]
    library = tmp_path / "library"
    ingest(library, photo.parent, settings=IngestSettings(splat=SplatSettings("ply")))
    with Library.resolve(library).read() as connection:
        row = connection.execute(scenes.select()).one()
    assert (library / row.splat_path).read_bytes() == to.read_bytes()
    assert prediction.splat_bytes == row.splat_bytes
    assert prediction.gaussians == row.gaussians == len(read_scene(to).gaussians)
    assert prediction.focal_px == row.focal_px
    assert prediction.depth_median_m == row.depth_median_m
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "scene.ply", "library"}
