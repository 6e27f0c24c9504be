from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.decode.stereo import GivenCamera
from pipeline.evaluation.methods import FlatMethod, MadeScene, SplatMethod
from pipeline.evaluation.results import read_results
from pipeline.evaluation.stage import EvaluateStage, evaluation_tasks
from pipeline.evaluation.stereo_sample import StereoSample
from pipeline.store.store import Store
from schemas.choices import Device, PictureKind
from schemas.evaluation_settings import DatasetSettings, MetricSettings
from schemas.outcomes import Failed, Made
from schemas.reasons import FailureReason
from sharp_core.evaluation.datasets.middlebury import find_samples
from sharp_core.evaluation.sample import Sample
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.models.interface import PredictorInput
from sharp_core.scene.posed_picture import PosedPicture
from tests.support.made_datasets import make_middlebury
from tests.support.stereo_folder import make_stereo_folder
from tests.support.stereo_scene import FOCAL_PX, HEIGHT, WIDTH, ScaledTruth, true_pair


@dataclass(frozen=True)
class TruthMethod:
    """Makes the true scene, times a factor."""

    factor: float = 1.0
    name: str = "truth"
    gpus: float = 0.0

    def key(self, _sample: Sample) -> str:
        return str(self.factor)

    def make(self, _sample: Sample, source: PosedPicture) -> MadeScene:
        photo = PredictorInput(source.image, FOCAL_PX)
        return MadeScene(ScaledTruth(self.factor).predict([photo])[0], 0.1)


def stage_at(folder: Path, *metrics: str, pictures: PictureKind = PictureKind.NONE):
    settings = MetricSettings(metrics or ("psnr", "ssim"))
    return EvaluateStage(settings, pictures, Store(folder), Device.CPU)


@pytest.fixture
def sample(tmp_path: Path) -> StereoSample:
    path = make_stereo_folder(tmp_path / "in") / "spatial.heic"
    return StereoSample(path, "spatial", GivenCamera())


def run(stage: EvaluateStage, *methods: object, samples: list[Sample]) -> list[Made | Failed]:
    tasks, _ = evaluation_tasks(samples, methods, stage)
    return [stage.process(task) for task in tasks]


def test_results_equal_an_independent_computation(tmp_path: Path, sample: StereoSample) -> None:
    stage = stage_at(tmp_path / "out", pictures=PictureKind.FULL)
    (outcome,) = run(stage, TruthMethod(), samples=[sample])
    assert isinstance(outcome, Made)
    (result,) = read_results(stage.store)
    rendered, target = (
        np.asarray(Image.open(tmp_path / "out" / result.pictures[name])).astype(float) / 255
        for name in ("plain_full", "target_full")
    )
    assert result.plain["psnr"] == pytest.approx(-10 * np.log10(np.mean((rendered - target) ** 2)))
    assert result.plain["psnr"] > 17
    assert result.aligned is not None
    assert result.scale == pytest.approx(1.0, abs=0.03)
    assert result.distance_m == pytest.approx(0.06)
    for name in ("target", "plain", "aligned", "difference"):
        with Image.open(tmp_path / "out" / result.pictures[name]) as image:
            assert image.size == (WIDTH, HEIGHT)


def test_what_is_there_is_not_due(tmp_path: Path, sample: StereoSample) -> None:
    stage = stage_at(tmp_path / "out")
    run(stage, TruthMethod(), samples=[sample])
    assert evaluation_tasks([sample], [TruthMethod()], stage) == ([], 1)
    for other, method in (
        (stage, TruthMethod(2.0)),  # another fingerprint
        (stage_at(tmp_path / "out", "lpips-vgg"), TruthMethod()),
        (stage_at(tmp_path / "out", pictures=PictureKind.PREVIEW), TruthMethod()),
    ):
        tasks, unchanged = evaluation_tasks([sample], [method], other)
        assert (len(tasks), unchanged) == (1, 0)
    sample.path.touch()
    assert evaluation_tasks([sample], [TruthMethod()], stage)[1] == 0


def test_another_metric_is_added_to_the_result(tmp_path: Path, sample: StereoSample) -> None:
    run(stage_at(tmp_path / "out", "psnr"), TruthMethod(), samples=[sample])
    stage = stage_at(tmp_path / "out", "ssim")
    run(stage, TruthMethod(), samples=[sample])
    (result,) = read_results(stage.store)
    assert set(result.plain) == {"psnr", "ssim"}


def test_a_damaged_result_is_due_again(tmp_path: Path, sample: StereoSample) -> None:
    stage = stage_at(tmp_path / "out")
    run(stage, TruthMethod(), samples=[sample])
    (path,) = (tmp_path / "out" / "results").rglob("*.json")
    path.write_text(path.read_text()[:50])
    assert evaluation_tasks([sample], [TruthMethod()], stage)[1] == 0
    path.write_text(json.dumps({"pair": "of another version"}))
    assert evaluation_tasks([sample], [TruthMethod()], stage)[1] == 0


def test_splat_files_made_elsewhere(tmp_path: Path, sample: StereoSample) -> None:
    folder = tmp_path / "splats"
    folder.mkdir()
    method = SplatMethod("elsewhere", folder)
    stage = stage_at(tmp_path / "out")
    (outcome,) = run(stage, method, samples=[sample])
    assert isinstance(outcome, Failed)
    assert outcome.reason is FailureReason.UNREADABLE
    assert f"elsewhere: there is no splat file {folder}/spatial" in outcome.message
    (scene,) = ScaledTruth().predict([PredictorInput(true_pair().left, FOCAL_PX)])
    write_scene(folder / "spatial.ply", scene, SceneInfo(FOCAL_PX, WIDTH, HEIGHT))
    run(stage, method, TruthMethod(), samples=[sample])
    elsewhere, truth = sorted(read_results(stage.store), key=lambda result: result.method)
    assert elsewhere.plain["psnr"] == pytest.approx(truth.plain["psnr"], abs=0.3)
    assert elsewhere.predict_seconds is None
    assert evaluation_tasks([sample], [method], stage)[1] == 1
    (folder / "spatial.ply").write_bytes(b"ply\n")
    (outcome,) = run(stage, method, samples=[sample])
    assert isinstance(outcome, Failed)


def test_a_damaged_photo_is_a_failure_with_the_methods_name(tmp_path: Path) -> None:
    path = tmp_path / "a.mpo"
    path.write_bytes(b"\xff\xd8\xff rubbish")
    sample = StereoSample(path, "a", GivenCamera())
    (outcome,) = run(stage_at(tmp_path / "out"), FlatMethod(cells=48), samples=[sample])
    assert isinstance(outcome, Failed)
    assert outcome.file.path == str(path)
    assert outcome.message.startswith("flat: ")


def test_a_data_set_with_true_depth(tmp_path: Path) -> None:
    make_middlebury(tmp_path / "data")
    (sample,) = find_samples(tmp_path / "data", DatasetSettings())
    stage = stage_at(tmp_path / "out")
    (outcome,) = run(stage, FlatMethod(cells=48), samples=[sample])
    assert isinstance(outcome, Made)
    (result,) = read_results(stage.store)
    assert (result.dataset, result.pair) == ("middlebury", "Shelf/left to Shelf/right")
    assert result.scale is not None
    assert result.aligned is not None
    assert result.aligned["psnr"] > result.plain["psnr"] - 0.5
