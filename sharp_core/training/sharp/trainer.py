"""Train SHARP in one folder: steps, checkpoints, metrics, pictures. Both stages, 1 to N processes.

A step depends on the settings and its number alone, so a run that was killed and resumed computes
what an unbroken one computes, bit for bit on one CPU. (On CUDA the sums of some operations have no
fixed order.)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import cast

import torch
from torch import Tensor, nn

from schemas.errors import RunError
from schemas.training_settings import TrainDType
from sharp_core.models.sharp.network.model import NetworkStages
from sharp_core.training.average import WeightAverage
from sharp_core.training.loader import in_order
from sharp_core.training.log_file import drop_records_after
from sharp_core.training.sharp.assemble import (
    Predictor,
    first_network,
    make_objective,
    make_optimizer,
    make_teacher,
    make_trainable,
    prepared_data,
)
from sharp_core.training.sharp.losses.perceptual import PerceptualLoss
from sharp_core.training.sharp.metrics import MetricsLog
from sharp_core.training.sharp.pictures import Sample, make_sample, save_samples
from sharp_core.training.sharp.prepare import NetworkInput, PreparedPair, PreparedPhoto
from sharp_core.training.sharp.run_folder import RunFolder, TrainingState
from sharp_core.training.sharp.settings import TrainingSettings
from sharp_core.training.sharp.sources import HELD_OUT, PairSource, PhotoSource
from sharp_core.training.sharp.workers import Workers
from sharp_core.training.torch_file import save_whole


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a step did, of this process's pairs."""

    step: int  # steps taken so far
    loss: float  # weighted total, mean of the step's pairs
    losses: Mapping[str, float]  # unweighted, by name
    gradient_norm: float  # before clipping
    rate: float
    seconds: float
    memory_gb: float  # most that was allocated on the GPU so far; 0 on a CPU

    def values(self) -> dict[str, float]:
        """Return what the metrics record."""
        losses = {f"loss/{name}": value for name, value in self.losses.items()}
        return {
            "loss": self.loss,
            **losses,
            "gradient_norm": self.gradient_norm,
            "rate": self.rate,
            "seconds": self.seconds,
            "memory_gb": self.memory_gb,
        }


class Trainer:
    """A run in a folder, or one process of it."""

    def __init__(
        self,
        settings: TrainingSettings,
        source: PairSource | PhotoSource,
        folder: RunFolder,
        device: torch.device,
        perceptual: PerceptualLoss | None = None,
    ) -> None:
        """Load what the run starts with, or continues from.

        `perceptual` takes the place of the loss that the settings name. Raises UsageError,
        WeightsError, RunError.
        """
        self.settings = settings
        self.folder = folder
        self.device = device
        self.workers = Workers.connected()
        if self.workers.is_first:
            folder.begin(settings.as_dict())
        self._data = prepared_data(settings, source)
        self.objective = make_objective(settings, device, perceptual)
        self.network = first_network(settings).to(device)
        self._teacher = make_teacher(self.network, settings) if settings.stage == 2 else None
        make_trainable(self.network, settings)
        self._predictor = Predictor(self.network, settings.dtype is TrainDType.BF16)
        self._model = self.workers.wrap(self._predictor, device)
        self.optimizer = make_optimizer(self.network, settings)
        self.average = WeightAverage(self.network, settings.optimizer.average)
        self.step = 0
        self._resume()

    def run(
        self,
        on_step: Callable[[StepReport], object] = lambda report: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train to the last step, or until `should_stop`; always leaves state and weights."""
        settings, reports = self.settings, self.settings.reports
        metrics = None
        if self.workers.is_first:
            drop_records_after(self.folder.path, self.step)
            metrics = MetricsLog(self.folder.path, self.step, tensorboard=reports.tensorboard)
        if self.step == 0:
            self._report_held_out(metrics)
        pairs = self._pairs()
        while self.step < settings.steps:
            if self.workers.any_of(should_stop(), self.device):
                break
            report = self.train_step(list(islice(pairs, settings.batch)))
            on_step(report)
            if metrics is not None and self.step % reports.log_every == 0:
                metrics.write(self.step, report.values())
            if self.step % reports.picture_every == 0 or self.step == settings.steps:
                self._report_held_out(metrics)
            if self.step % reports.save_every == 0:
                self.save()
        self.save()
        if metrics is not None:
            metrics.close()

    def train_step(self, pairs: list[PreparedPair]) -> StepReport:
        """Take one step of the optimizer on these pairs, and update the average."""
        began = time.monotonic()
        rate = self.settings.schedule.at(self.step + 1)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        sums: dict[str, float] = {}
        total = 0.0
        for index, pair in enumerate(pairs):
            is_last = index == len(pairs) - 1
            with self.workers.with_sync(self._model, is_last):
                losses = self._losses(pair)
                loss = self.objective.total(losses) / len(pairs)
                self._check_finite(loss, losses)
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value.item() / len(pairs)
        norm = float(
            nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.optimizer.clip)
        )
        if not math.isfinite(norm):
            raise RunError(
                f"step {self.step + 1}: the gradient is {norm}",
                self._advice(),
            )
        self.optimizer.step()
        self.average.update(self.network)
        self.step += 1
        seconds = time.monotonic() - began
        return StepReport(self.step, total, sums, norm, rate, seconds, _memory_gb(self.device))

    def save(self) -> None:
        """Write the state and the averaged weights."""
        if self.workers.is_first:
            state = (self.network.state_dict(), self.average.state(), self.optimizer.state_dict())
            self.folder.write_state(TrainingState(self.step, *state))
            weights = {name: tensor.cpu() for name, tensor in self.average.tensors.items()}
            save_whole(weights, self.folder.weights)
        self.workers.barrier()

    def held_out_psnr(self) -> float:
        """Return the mean PSNR in dB of the novel views of held-out samples."""
        return self._held_out()[0]

    def _losses(self, pair: PreparedPair) -> dict[str, Tensor]:
        seen = pair.seen
        depth = seen.true_depth if self.settings.uses_scale_map else None
        stages: NetworkStages = self._model(NetworkInput(seen.image, seen.disparity_factor, depth))
        return self.objective.losses(stages, pair)

    def _check_finite(self, loss: Tensor, losses: Mapping[str, Tensor]) -> None:
        if not loss.isfinite():
            bad = [name for name, value in losses.items() if not value.isfinite()]
            raise RunError(
                f"step {self.step + 1}: these losses are not finite: {', '.join(bad)}",
                self._advice(),
            )

    def _advice(self) -> str:
        return (
            "Begin again in another folder, with a lower rate under [optimizer]; '--start sharp "
            f"--weights {self.folder.weights}' takes what was learned up to the last checkpoint."
        )

    def _pairs(self) -> Iterator[PreparedPair]:
        settings = self.settings
        numbers = self.workers.numbers(self.step, settings.steps, settings.batch)
        for sample in in_order(self._data, numbers, workers=settings.loaders):
            yield self._pair(cast("PreparedPair | PreparedPhoto", sample))

    def _sample(self, number: int) -> PreparedPair | PreparedPhoto:
        return self._data[number]

    def _pair(self, sample: PreparedPair | PreparedPhoto) -> PreparedPair:
        if isinstance(sample, PreparedPair):
            return sample.to(self.device)
        assert self._teacher is not None
        return self._teacher.pair(sample.to(self.device))

    def _report_held_out(self, metrics: MetricsLog | None) -> None:
        if metrics is None:
            return
        psnr, samples = self._held_out()
        metrics.write(self.step, {"held_out_psnr_db": psnr})
        title = f"step {self.step} of {self.settings.steps}: held-out novel views {psnr:.2f} dB"
        save_samples(samples, self.folder.picture(self.step), title)

    def _held_out(self) -> tuple[float, list[Sample]]:
        samples = [
            make_sample(self._predict_averaged, self._pair(self._sample(HELD_OUT + index)))
            for index in range(self.settings.reports.pictures)
        ]
        return sum(sample.psnr_db for sample in samples) / len(samples), samples

    def _predict_averaged(self, seen: NetworkInput) -> NetworkStages:
        """Predict with the averaged weights: those that are stored for use."""
        tensors = {f"network.{name}": tensor for name, tensor in self.average.tensors.items()}
        stages: NetworkStages = torch.func.functional_call(self._predictor, tensors, (seen,))
        return stages

    def _resume(self) -> None:
        state = self.folder.read_state()
        if state is None:
            return
        self.network.load_state_dict(state.network)
        self.average.load(state.average)
        self.optimizer.load_state_dict(state.optimizer)
        self.step = state.step


def _memory_gb(device: torch.device) -> float:
    return torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0
