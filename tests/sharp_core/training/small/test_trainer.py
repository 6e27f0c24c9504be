import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from sharp_core.models.small.network import SmallNetwork
from sharp_core.training.log_file import LOG
from sharp_core.training.small.checkpoint import LATEST
from sharp_core.training.small.data import DataSettings, StepBatches
from sharp_core.training.small.metrics import DepthScores
from sharp_core.training.small.photos import find_photos
from sharp_core.training.small.trainer import Trainer, TrainSettings
from sharp_core.training.small.validation import Validation, validate
from tests.support.small_model import SHAPES, TINY


def trainer(photo_folder, folder, **settings):
    torch.manual_seed(0)
    folder.mkdir(exist_ok=True)
    data = StepBatches(find_photos(photo_folder).training, None, DataSettings(shapes=SHAPES))
    chosen = TrainSettings(warm_up_steps=3, workers=0, **settings)
    return Trainer(SmallNetwork(TINY), data, chosen, folder)


def never():
    return False


def nothing():
    return None


def states(run):
    return {**run.network.state_dict(), **{f"mean {k}": v for k, v in run.average.tensors.items()}}


def test_a_run_that_was_stopped_and_resumed_has_the_same_bits(photo_folder, tmp_path):
    whole = trainer(photo_folder, tmp_path / "whole")
    whole.run(6, tmp_path / "whole" / LATEST, nothing, never)

    stopped = trainer(photo_folder, tmp_path / "stopped")
    stopped.run(6, tmp_path / "stopped" / LATEST, nothing, lambda: stopped.step == 3)
    assert stopped.step == 3
    torch.manual_seed(99)  # another start, which the checkpoint must overwrite
    resumed = trainer(photo_folder, tmp_path / "stopped")
    resumed.resume(tmp_path / "stopped" / LATEST)
    resumed.run(6, tmp_path / "stopped" / LATEST, nothing, never)

    for name, tensor in states(whole).items():
        assert torch.equal(tensor, states(resumed)[name]), name


def test_a_decay_is_resumed_and_ends_by_itself(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    run.run(2, tmp_path / LATEST, nothing, never)
    run.begin_decay(4)
    run.run(10**9, tmp_path / "decay.pt", nothing, lambda: run.step == 4)
    resumed = trainer(photo_folder, tmp_path)
    resumed.resume(tmp_path / "decay.pt")
    resumed.run(10**9, tmp_path / "decay.pt", nothing, never)
    assert resumed.step == 6
    assert resumed.schedule.factor(resumed.step) == 0.0
    before = trainer(photo_folder, tmp_path)
    before.resume(tmp_path / LATEST)
    assert before.step == 2
    assert before.schedule.decay is None


def test_a_few_pictures_are_learned(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path, rate=5e-3, encoder_rate=5e-3)
    batch = run.data[0]
    losses = [run.train_step(batch).total.item() for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_encoder_statistics_stay_and_decoder_statistics_move(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    before = {name: tensor.clone() for name, tensor in run.network.state_dict().items()}
    run.train_step(run.data[0])
    for name, tensor in run.network.state_dict().items():
        if name.endswith("running_mean"):
            assert torch.equal(tensor, before[name]) == name.startswith("encoder."), name


@pytest.mark.parametrize("stages", [0, 3])
def test_frozen_stages_keep_their_weights_and_others_learn(photo_folder, tmp_path, stages):
    run = trainer(photo_folder, tmp_path, frozen_stages=stages)
    before = {name: p.detach().clone() for name, p in run.network.named_parameters()}
    run.train_step(run.data[0])
    kept = tuple(f"encoder.stages.{n}." for n in range(stages)) + ("encoder.stem.",) * bool(stages)
    for name, parameter in run.network.named_parameters():
        assert torch.equal(parameter, before[name]) == name.startswith(kept), name


def test_a_loss_that_is_not_finite_stops_the_run(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    with torch.no_grad():
        run.network.head[0].bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="step 0: the loss is nan"):
        run.train_step(run.data[0])


def test_validation_runs_after_each_pass_and_at_the_end(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    steps = []
    run.run(run.data.steps_per_pass + 1, tmp_path / LATEST, lambda: steps.append(run.step), never)
    assert steps == [run.data.steps_per_pass, run.data.steps_per_pass + 1]


def test_every_twentieth_step_is_logged(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    run.run(41, tmp_path / LATEST, nothing, never)
    records = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert [record["step"] for record in records] == [20, 40]
    assert {"total", "depth", "gradient", "ranking", "classes", "pictures_per_s"} <= set(records[0])


def test_the_average_forgets_faster_during_a_decay(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    assert run.average.decay == run.settings.average_decay
    run.begin_decay(50)
    assert run.average.decay == pytest.approx(0.9)
    run.begin_decay(3)
    assert run.average.decay == 0.0


def test_validation_measures_every_kind(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    validation = validate(run.averaged(), find_photos(photo_folder), [], long_side=64)
    assert set(validation.by_photo) == {"ramp"}
    assert -1 <= validation.held_out.spearman <= 1
    assert 0 <= validation.class_agreement <= 1
    assert validation.record()["scenes"] == {"spearman": None, "ordered_pairs": None, "error": None}
    assert validation.score == pytest.approx(
        (validation.measured.spearman + validation.held_out.spearman) / 2
    )


def test_weights_are_exported_only_when_they_are_better(photo_folder, tmp_path):
    run = trainer(photo_folder, tmp_path)
    path = tmp_path / "weights.safetensors"
    worse, better = DepthScores(0.5, 0.7, 0.2), DepthScores(0.6, 0.7, 0.2)
    first = Validation(worse, worse, worse, 0.5, {})
    assert run.export_if_better(first, path)
    written = path.read_bytes()
    assert not run.export_if_better(first, path)
    assert path.read_bytes() == written
    assert run.export_if_better(replace(first, measured=better), path)
