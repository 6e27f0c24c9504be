"""What becomes of a batch when its predictor fails."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import PackedScene, ScenePacker
from pipeline.flow.predict_stage import PredictStage
from schemas.errors import DeviceError
from schemas.outcomes import Failed
from schemas.reasons import FailureReason
from schemas.records import (
    DecodedPhoto,
    FocalLength,
    FocalSource,
    PhotoMeta,
    ScaleSource,
    SphereWindow,
    StoredFile,
)
from schemas.settings import ModelSettings, SplatSettings
from sharp_core.formats.scene import SceneInfo
from sharp_core.models.interface import PredictedScene, Predictor, PredictorInput
from sharp_core.scene.gaussians import Gaussians
from tests.support.faulty_stages import photo
from tests.support.trivial_model import TrivialPredictor

OUT_OF_MEMORY = [
    MemoryError("not enough memory on cpu for one photo"),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
]
TOO_LARGE = 96  # pixels wide


class SmallMemory(TrivialPredictor):
    """Has no room for one of the photos, neither alone nor with others."""

    def __init__(self, error: Exception) -> None:
        super().__init__(seconds=0.0, deadly_width=None)
        self._error = error

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        if any(photo.pixels.shape[1] == TOO_LARGE for photo in photos):
            raise self._error
        return super().predict(photos)


class Model(ResolvedModel):
    """Gives a predictor that was made before."""

    predictor: Predictor

    def load(self) -> Predictor:
        return self.predictor


def stage_of(predictor: Predictor, packer: ScenePacker) -> PredictStage:
    model = Model(ModelSettings("small"), "trivial-1")
    Model.predictor = predictor
    stage = PredictStage(model, packer)
    stage.setup()
    return stage


def batch_of(*widths: int) -> list[tuple[DecodedPhoto, Pixels]]:
    focal, thumb = FocalLength(50.0, FocalSource.DEFAULT), StoredFile("", 0, "")
    return [
        (
            DecodedPhoto(photo(str(index)), PhotoMeta(), focal, width, 64, thumb, 0.0),
            np.zeros((64, width, 3), np.uint8),
        )
        for index, width in enumerate(widths)
    ]


def reasons(results: Sequence[object]) -> list[FailureReason | None]:
    return [result.reason if isinstance(result, Failed) else None for result in results]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["python", "cuda", "cpu"])
def test_a_photo_that_does_not_fit_fails_alone(error: Exception) -> None:
    stage = stage_of(SmallMemory(error), ScenePacker(SplatSettings("ply")))
    results = stage.process(batch_of(64, TOO_LARGE, 80))
    assert reasons(results) == [None, FailureReason.OUT_OF_MEMORY, None]
    assert reasons(stage.process(batch_of(64))) == [None]  # the run goes on


class Uploads(TrivialPredictor):
    """Notes which photos are to be copied to its device."""

    def __init__(self) -> None:
        super().__init__(seconds=0.0, deadly_width=None)
        self.widths: list[int] = []

    def uploading(self, photos: Sequence[Pixels]) -> AbstractContextManager[None]:
        self.widths += [pixels.shape[1] for pixels in photos]
        return nullcontext()


def test_photos_are_uploaded_whole_where_the_predictor_can_but_no_panoramas() -> None:
    flat, panorama = batch_of(64, 128)
    panorama = (replace(panorama[0], sphere=SphereWindow(128, 64, 128.0, 0.0, 0.0)), panorama[1])
    predictor, packer = Uploads(), ScenePacker(SplatSettings("ply"))
    with stage_of(predictor, packer).uploading([flat, panorama]):
        assert predictor.widths == [64]
    plain = stage_of(TrivialPredictor(0.0, None), packer)
    with plain.uploading([flat]):
        assert reasons(plain.process([flat])) == [None]


class NoRoom(ScenePacker):
    """Runs out of the GPU's memory when the scene is there."""

    def pack(
        self,
        scene: Gaussians,
        photo: DecodedPhoto,
        info: SceneInfo,
        scale_source: ScaleSource = ScaleSource.MODEL,
    ) -> PackedScene:
        if photo.width == TOO_LARGE:
            raise OUT_OF_MEMORY[1]
        return super().pack(scene, photo, info, scale_source)


class LostDevice(SmallMemory):
    """On a device on which nothing can be computed."""

    device = torch.device("meta")


def test_a_lost_device_counts_against_no_photo() -> None:
    error = RuntimeError("CUDA error: an illegal memory access was encountered")
    stage = stage_of(LostDevice(error), ScenePacker(SplatSettings("ply")))
    with pytest.raises(DeviceError, match="illegal memory access"):
        stage.process(batch_of(64, TOO_LARGE, 80))


def test_out_of_memory_while_packing_is_reported_as_such() -> None:
    stage = stage_of(TrivialPredictor(0.0, None), NoRoom(SplatSettings("ply")))
    results = stage.process(batch_of(64, TOO_LARGE))
    assert reasons(results) == [None, FailureReason.OUT_OF_MEMORY]


class TellsScale(TrivialPredictor):
    """Estimates metres: from people in wide photos."""

    def predict_with_scale(self, photos: Sequence[PredictorInput]) -> list[PredictedScene]:
        return [
            PredictedScene(
                scene, ScaleSource.PEOPLE if photo.pixels.shape[1] > 64 else ScaleSource.DEFAULT
            )
            for scene, photo in zip(self.predict(photos), photos, strict=True)
        ]


def scale_sources(stage: PredictStage, photos: list[tuple[DecodedPhoto, Pixels]]) -> list[str]:
    results = stage.process(photos)
    return [result[0].scale_source for result in results if isinstance(result, tuple)]


def test_what_gave_the_scale_is_told_with_each_scene() -> None:
    packer = ScenePacker(SplatSettings("ply"))
    stage = stage_of(TellsScale(0.0, None), packer)
    assert scale_sources(stage, batch_of(64, 80)) == [ScaleSource.DEFAULT, ScaleSource.PEOPLE]
    stage = stage_of(TrivialPredictor(0.0, None), packer)
    assert scale_sources(stage, batch_of(64)) == [ScaleSource.MODEL]


class TwoLayers(ScenePacker):
    """Doubles the trivial scene: depth is compared with scenes of two layers."""

    def pack(
        self,
        scene: Gaussians,
        photo: DecodedPhoto,
        info: SceneInfo,
        scale_source: ScaleSource = ScaleSource.MODEL,
    ) -> PackedScene:
        twice = scene.select(torch.arange(len(scene)).repeat(2))
        return super().pack(twice, photo, info, scale_source)


def test_a_depth_map_that_agrees_is_the_source_of_the_scale() -> None:
    (photo, pixels) = batch_of(64)[0]
    flat = np.full((8, 8), 3.0, np.float32)  # as the trivial scene is, three times as far
    stage = stage_of(TrivialPredictor(0.0, None), TwoLayers(SplatSettings("ply")))
    assert scale_sources(stage, [(replace(photo, depth_m=flat), pixels)]) == [ScaleSource.DEPTH_MAP]
