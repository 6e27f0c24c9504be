"""One training run: its folder held, progress shown, stopped by signals, resumed by itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from jobs.console.output import Output
from jobs.console.train_progress import TrainProgress
from jobs.runs.run import RunReport, new_run_id
from jobs.runs.signals import stop_on_signals
from pipeline.flow.model import resolve_device
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.errors import LibraryBusyError, UsageError
from sharp_core.training.log_file import read_records
from sharp_core.training.sharp.run_folder import RunFolder
from sharp_core.training.sharp.settings import TrainingSettings
from sharp_core.training.sharp.sources import PairSource, PhotoSource
from sharp_core.training.sharp.trainer import Trainer

_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Processes:
    """Where a training runs."""

    count: int = 1
    address: str | None = None  # of a Ray cluster
    device: Device = Device.AUTO

    @property
    def on_ray(self) -> bool:
        """Whether Ray starts the workers. One process needs no Ray."""
        return self.count > 1 or self.address is not None


@dataclass(slots=True, kw_only=True)
class TrainReport(RunReport):
    """What a run did, counted in steps: `unchanged` were taken before."""

    steps: int = 0
    weights: str = ""
    picture: str = ""
    held_out_psnr_db: float | None = None  # of novel views, now
    first_psnr_db: float | None = None  # before the first step


def train(
    settings: TrainingSettings,
    source: PairSource | PhotoSource,
    folder: Path,
    output: Output,
    processes: Processes = Processes(),
) -> TrainReport:
    """Train to the last step, or until a signal.

    The data are checked first. A library is only read, so it is not held: photos can be ingested
    meanwhile. Raises UsageError, WeightsError, RunError, LibraryBusyError.
    """
    source.check()
    report = TrainReport(run_id=new_run_id(), library=str(folder), steps=settings.steps)
    began = time.monotonic()
    stop = Stop()
    run = RunFolder(folder.absolute())
    with _held(run.path), stop_on_signals(stop, lambda: _say_ending(output)) as signals:
        report.unchanged = run.step()
        if report.unchanged:
            output.note(f"Continuing {folder} after step {report.unchanged}.")
        # After a second signal, the state of the last checkpoint is kept.
        with TrainProgress(output, settings.steps) as progress, signals.work():
            if processes.on_ray:
                _train_on_ray(settings, source, run, processes, progress, stop)
            else:
                trainer = Trainer(settings, source, run, training_device(processes.device))
                trainer.run(progress.show, lambda: stop.is_asked)
        _complete(report, run, stop, time.monotonic() - began)
    return report


def _train_on_ray(
    settings: TrainingSettings,
    source: PairSource | PhotoSource,
    run: RunFolder,
    processes: Processes,
    progress: TrainProgress,
    stop: Stop,
) -> None:
    from pipeline.cluster.runner import ClusterSettings, RayRunner
    from pipeline.cluster.train import TrainJob, train_on_ray

    job = TrainJob(settings, source, run.path, processes.count, processes.device)
    with RayRunner(ClusterSettings(processes.address, worker_variables=True)):
        train_on_ray(job, progress.show, stop)


def training_device(chosen: Device) -> torch.device:
    """Return where one process trains. Raises UsageError if it cannot."""
    if chosen is Device.MPS:
        raise UsageError(
            "SHARP trains on CUDA or on the CPU: there is no differentiable renderer for mps",
            "Omit --device.",
        )
    name = resolve_device(chosen)
    return torch.device("cpu" if name == Device.MPS.value else name)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a run's folder. Raises LibraryBusyError."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise LibraryBusyError(
            f"another training uses the folder {folder}",
            "Wait until it has ended, or give another folder with --out.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _say_ending(output: Output) -> None:
    output.note("Finishing the step in progress. Press Ctrl-C again to stop now.")


def _complete(report: TrainReport, run: RunFolder, stop: Stop, seconds: float) -> None:
    """Fill in what is known at the end, from what the run has written."""
    report.done = run.step() - report.unchanged
    report.left = report.steps - run.step()
    report.is_stop_requested = stop.is_requested
    report.is_interrupted = report.is_stop_requested and report.left > 0
    report.weights = str(run.weights) if run.weights.exists() else ""
    report.picture = str(run.last_picture() or "")
    scores = [
        record["held_out_psnr_db"]
        for record in read_records(run.path)
        if "held_out_psnr_db" in record
    ]
    if scores:
        report.first_psnr_db, report.held_out_psnr_db = scores[0], scores[-1]
    report.close(seconds)
