"""Runs of a very narrow network on an analytic place."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from schemas.errors import RunError, UsageError
from schemas.settings import ModelSettings
from schemas.training_settings import Ablation, Start, TrainDType
from sharp_core.models.interface import PredictorInput
from sharp_core.models.sharp.predictor import load
from sharp_core.training.log_file import LOG
from sharp_core.training.sharp.run_folder import RunFolder
from sharp_core.training.sharp.trainer import Trainer
from sharp_core.training.sharp.workers import Workers
from tests.support.narrow_sharp import QUIET, quick_settings
from tests.support.training_scenes import SquarePairs

pytestmark = pytest.mark.usefixtures("narrow")
CPU = torch.device("cpu")


def trainer(folder, source=None, perceptual=None, **changes):
    source = source or SquarePairs(64)
    return Trainer(quick_settings(**changes), source, RunFolder(folder), CPU, perceptual)


def states(run):
    return {**run.network.state_dict(), **{f"mean {k}": v for k, v in run.average.tensors.items()}}


def test_a_run_that_was_killed_and_resumed_has_the_same_bits(tmp_path):
    whole = trainer(tmp_path / "whole", steps=2)
    whole.run()

    killed = trainer(tmp_path / "killed", steps=2, reports=replace(QUIET, save_every=1))
    with pytest.raises(KeyboardInterrupt):  # dies in the second step, after one checkpoint
        killed.run(on_step=lambda report: _raise_at(2, report.step))
    torch.manual_seed(99)
    resumed = trainer(tmp_path / "killed", steps=2)
    assert resumed.step == 1
    resumed.run()

    for name, tensor in states(whole).items():
        assert torch.equal(tensor, states(resumed)[name]), name
    logs = [
        [json.loads(line) for line in (tmp_path / name / LOG).read_text().splitlines()]
        for name in ("whole", "killed")
    ]
    for records in logs:
        for record in records:
            record.pop("seconds", None)
    assert logs[0] == logs[1]


def _raise_at(step, now):
    if now == step:
        raise KeyboardInterrupt


def test_it_leaves_weights_that_the_predictor_loads(tmp_path):
    run = trainer(tmp_path, steps=1)
    run.run()
    predictor = load(ModelSettings(model="sharp", preset="tiny"), "cpu", run.folder.weights)
    pixels = np.zeros((60, 80, 3), np.uint8)
    (scene,) = predictor.predict([PredictorInput(pixels, 70.0)])
    assert len(scene) == 2 * 256 * 256
    stored = torch.load(run.folder.weights, weights_only=True)
    assert all(torch.equal(stored[name], value) for name, value in run.average.tensors.items())


def test_metrics_pictures_and_a_stop(tmp_path):
    run = trainer(tmp_path, steps=5, reports=replace(QUIET, picture_every=1, tensorboard=True))
    run.run(should_stop=lambda: run.step == 1)
    assert run.step == 1
    records = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert [record["step"] for record in records] == [0, 1, 1]
    assert {"loss", "loss/color", "loss/depth", "loss/scale_gradient", "gradient_norm", "rate"} <= (
        set(records[1])
    )
    assert "held_out_psnr_db" in records[0]
    assert (tmp_path / "pictures" / "step_000001.png").stat().st_size > 1000
    pytest.importorskip("tensorboard")
    assert list((tmp_path / "tensorboard").glob("events*"))


@pytest.mark.slow
def test_two_pairs_a_step_are_their_mean(tmp_path):
    both = trainer(tmp_path / "both", steps=1, batch=2)
    source = SquarePairs(64)
    pairs = [both._sample(number) for number in (0, 1)]
    report = both.train_step(pairs)
    each = []
    for index, pair in enumerate(pairs):
        one = trainer(tmp_path / f"one{index}", source, steps=1)
        each.append(one.train_step([pair]))
    assert report.loss == pytest.approx(sum(one.loss for one in each) / 2, rel=1e-5)


def test_other_settings_in_the_same_folder_are_refused(tmp_path):
    trainer(tmp_path, steps=1).save()
    with pytest.raises(UsageError, match="steps was 1 and is 2") as error:
        trainer(tmp_path, steps=2)
    assert "--out" in error.value.hint
    trainer(tmp_path, steps=1, reports=replace(QUIET, log_every=7))  # reports are free to change


def test_a_damaged_state_is_named(tmp_path):
    trainer(tmp_path, steps=1).save()
    (tmp_path / "state.pt").write_bytes(b"rubbish")
    with pytest.raises(RunError, match=r"state\.pt cannot be read"):
        trainer(tmp_path, steps=1)


def test_a_loss_that_is_not_finite_is_named(tmp_path):
    run = trainer(tmp_path, steps=1)
    pair = run._sample(0)
    broken = replace(pair, target=replace(pair.target, picture=pair.target.picture * torch.nan))
    with pytest.raises(RunError, match="not finite: color") as error:
        run.train_step([broken])
    assert f"--weights {run.folder.weights}" in error.value.hint


def test_without_the_scale_map_it_stays_one_and_does_not_train(tmp_path):
    run = trainer(tmp_path, steps=1, ablation=(Ablation.NO_SCALE_MAP,))
    report = run.train_step([run._sample(0)])
    assert not {"scale", "scale_gradient"} & set(report.losses)
    assert "depth" in report.losses
    assert not any(p.requires_grad for p in run.network.depth_alignment.parameters())


def test_one_layer_leaves_the_second_transparent(tmp_path):
    run = trainer(tmp_path, steps=1, ablation=(Ablation.ONE_LAYER,))
    report = run.train_step([run._sample(0)])
    assert "tv" not in report.losses
    seen = run._sample(0).seen
    with torch.no_grad():
        opacities = run.network(seen.image, seen.disparity_factor).opacities.view(2, -1)
    assert opacities[0].min() > 0.1
    assert opacities[1].max() < 1e-6


def test_bf16_trains_where_it_is_asked_for(tmp_path):
    run = trainer(tmp_path, steps=1, dtype=TrainDType.BF16, allow_bf16=True)
    stages = run._predictor(run._sample(0).seen)
    assert {value.dtype for value in stages.gaussians} == {torch.float32}
    report = run.train_step([run._sample(0)])
    assert np.isfinite(report.loss)
    assert run.network.state_dict()["feature_model.fusion.out_conv.weight"].dtype == torch.float32


def test_stage_2_starts_from_weights_and_learns_from_photos(tmp_path):
    first = trainer(tmp_path / "first", steps=1)
    first.save()
    second = trainer(
        tmp_path / "second",
        SquarePhotos(),
        stage=2,
        start=Start.SHARP,
        weights=first.folder.weights,
    )
    pair = second._pair(second._sample(0))
    report = second.train_step([pair])
    assert {"color", "alpha", "depth", "scale"} <= set(report.losses)
    # The target is the photo; the source is a view that the teacher renders.
    photo = second._sample(0).view
    assert torch.equal(pair.target.picture, photo.picture)
    assert not torch.equal(pair.source.picture, photo.picture)


class SquarePhotos:
    """Photos of the place: a PhotoSource."""

    def check(self) -> None:
        """Nothing can be wrong."""

    def photo(self, number: int):
        return replace(SquarePairs(64).pair(number).source, depth_m=None)


def test_the_first_of_several_workers_alone_writes_the_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(Workers, "connected", staticmethod(lambda: Workers(rank=1, count=2)))
    monkeypatch.setattr(Workers, "wrap", lambda self, module, device: module)
    trainer(tmp_path, steps=1)
    assert not list(tmp_path.iterdir())
