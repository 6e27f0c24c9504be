"""Training on several processes by Ray Train, on one machine or a cluster.

Each worker runs the same trainer as a single process does; DDP averages their gradients. All of
them need the run's folder, so on a cluster it is on a shared disk. `fit` runs in a task, so that
signals reach this process alone: a file in the folder then asks the workers to stop.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import ray
import torch
from ray.exceptions import RayError, RayTaskError

from pipeline.cluster.fault_attribution import first_line
from pipeline.cluster.local import check_ray_lives
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.count_text import count_text
from schemas.errors import (
    RESUME_HINT,
    MissingToolError,
    RunError,
    SharpBatchError,
    UsageError,
)
from schemas.extras import how_to_install
from sharp_core.training.sharp.run_folder import RunFolder
from sharp_core.training.sharp.settings import TrainingSettings
from sharp_core.training.sharp.sources import PairSource, PhotoSource
from sharp_core.training.sharp.trainer import StepReport, Trainer

_PROGRESS = "progress.json"
_STOP = "stop"
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class TrainJob:
    """What each worker does."""

    settings: TrainingSettings
    source: PairSource | PhotoSource
    folder: Path  # absolute: Ray starts workers elsewhere
    workers: int
    device: Device = Device.AUTO  # a GPU for each worker if there are enough of them
    on_gpus: bool = False  # as the cluster decides


def train_on_ray(job: TrainJob, on_step: Callable[[StepReport], object], stop: Stop) -> None:
    """Train on the Ray that this process is connected to; `on_step` gets the latest step.

    Raises UsageError if the cluster is too small, RunError, MissingToolError, and what a worker
    raises.
    """
    _check_ray_train()
    job = replace(job, on_gpus=_on_gpus(job))
    job.folder.mkdir(parents=True, exist_ok=True)
    for name in (_PROGRESS, _STOP):
        (job.folder / name).unlink(missing_ok=True)
    task = ray.remote(num_cpus=0)(_fit).remote(job)
    last = 0
    try:
        while True:
            done, _ = ray.wait([task], timeout=_POLL_SECONDS)
            if stop.is_asked:
                (job.folder / _STOP).touch()
            report = _read_progress(job.folder)
            if report is not None and report.step > last:
                last = report.step
                on_step(report)
            if done:
                ray.get(task)
                return
            check_ray_lives()
    except RayTaskError as error:
        raise _for_people(error) from error
    except (RayError, ConnectionError) as error:
        check_ray_lives()
        raise RunError(f"training on Ray failed: {first_line(error)}", RESUME_HINT) from error
    finally:
        for name in (_PROGRESS, _STOP):
            (job.folder / name).unlink(missing_ok=True)


def _on_gpus(job: TrainJob) -> bool:
    """Return whether each worker has a GPU. Raises UsageError: Ray would wait for ever."""
    total = ray.cluster_resources()
    cores, gpus = int(total.get("CPU", 0)), int(total.get("GPU", 0))
    on_gpus = job.device is Device.CUDA or (job.device is Device.AUTO and gpus >= job.workers)
    if job.workers > (gpus if on_gpus else cores):
        raise UsageError(
            f"{count_text(job.workers, 'worker needs', 'workers need')} a "
            f"{'GPU' if on_gpus else 'CPU core'} each; the cluster has {count_text(gpus, 'GPU')} "
            f"and {count_text(cores, 'core')}",
            "Lower --workers, or give the --address of a larger cluster.",
        )
    return on_gpus


def _check_ray_train() -> None:
    try:
        import ray.train.torch  # noqa: F401
    except ImportError as error:
        raise MissingToolError(
            "training with several workers needs Ray Train, which is not installed: "
            f"{how_to_install('train')}"
        ) from error


def _fit(job: TrainJob) -> None:
    """Run the workers to their end. Ray Train logs into the run's folder."""
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    per_worker = {"CPU": 1.0} | ({"GPU": 1.0} if job.on_gpus else {})
    trainer = TorchTrainer(
        _work,
        train_loop_config={"job": job},
        scaling_config=ScalingConfig(
            num_workers=job.workers, use_gpu=job.on_gpus, resources_per_worker=per_worker
        ),
        run_config=RunConfig(name="ray", storage_path=str(job.folder)),
    )
    try:
        trainer.fit()
    except ray.train.TrainingFailedError as error:
        failures = getattr(error, "worker_failures", None) or {}
        raise next(iter(failures.values()), error) from None


def _work(config: dict[str, Any]) -> None:
    """Be one worker."""
    import ray.train.torch

    job: TrainJob = config["job"]
    if not job.on_gpus:
        torch.set_num_threads(1)
    trainer = Trainer(job.settings, job.source, RunFolder(job.folder), ray.train.torch.get_device())

    def on_step(report: StepReport) -> None:
        if trainer.workers.is_first:
            _write_progress(job.folder, report)

    trainer.run(on_step, (job.folder / _STOP).exists)


def _write_progress(folder: Path, report: StepReport) -> None:
    temporary = folder / f"{_PROGRESS}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(report)))
    temporary.replace(folder / _PROGRESS)


def _read_progress(folder: Path) -> StepReport | None:
    try:
        return StepReport(**json.loads((folder / _PROGRESS).read_text()))
    except FileNotFoundError:
        return None


def _for_people(error: RayTaskError) -> SharpBatchError:
    cause: BaseException | None = error.cause
    while cause is not None:
        if isinstance(cause, SharpBatchError):
            return cause
        cause = getattr(cause, "cause", None) or cause.__cause__
    return RunError(f"a worker of the training failed: {first_line(error)}", RESUME_HINT)
