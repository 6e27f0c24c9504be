"""Training by two workers of Ray Train on CPUs: the same as one process with both pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.cluster.train import TrainJob, train_on_ray
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.errors import UsageError
from sharp_core.training.sharp.run_folder import RunFolder
from sharp_core.training.sharp.trainer import StepReport, Trainer
from tests.support.narrow_sharp import quick_settings
from tests.support.training_scenes import SquarePairs

SMALL = ClusterSettings(object_store_bytes=200_000_000, worker_variables=True)


@pytest.mark.slow
def test_two_workers_take_the_same_steps_as_one_process_with_both_pairs(tmp_path: Path) -> None:
    settings = quick_settings(steps=1, flip=0.0)
    job = TrainJob(settings, SquarePairs(64), tmp_path / "two", 2, Device.CPU)
    reports: list[StepReport] = []
    with RayRunner(SMALL):
        with pytest.raises(UsageError, match="1,000 workers need a CPU core each"):
            train_on_ray(replace(job, workers=1000), reports.append, Stop())
        train_on_ray(job, reports.append, Stop())
        with pytest.raises(UsageError, match="other settings"):  # as a worker raised it
            train_on_ray(replace(job, settings=replace(settings, seed=1)), print, Stop())
    assert reports[-1].step == 1
    one = Trainer(
        replace(settings, batch=2),
        SquarePairs(64),
        RunFolder(tmp_path / "one"),
        torch.device("cpu"),
    )
    one.run()
    weights = [
        torch.load(tmp_path / name / "weights.pt", weights_only=True) for name in ("one", "two")
    ]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, rtol=1e-3, atol=2e-5, msg=name)
