"""Train `small`: steps, checkpoints, validation after each pass, export of what is better."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import nn

from sharp_core.models.small.network import SmallNetwork
from sharp_core.models.small.weights import read_weights_metadata, write_weights
from sharp_core.training.average import WeightAverage
from sharp_core.training.log_file import append_record
from sharp_core.training.small.checkpoint import (
    TrainingCheckpoint,
    read_checkpoint,
    write_checkpoint,
)
from sharp_core.training.small.data import Batch, StepBatches, batches
from sharp_core.training.small.losses import LossParts, LossWeights, depth_and_class_loss
from sharp_core.training.small.schedule import Decay, Schedule
from sharp_core.training.small.validation import Validation

_LOG_EVERY = 20
# The average's memory during a decay is this part of its length.
_DECAY_AVERAGES = 5


@dataclass(frozen=True)
class TrainSettings:
    """How a run learns; what it learns from is in `DataSettings`."""

    rate: float = 1e-3
    """Learning rate of decoder and heads."""
    encoder_rate: float = 3e-4
    """Learning rate of the encoder, which starts from ImageNet."""
    frozen_stages: int = 2
    """Encoder stages, after the stem, that keep their ImageNet weights: a quarter less work a
    step. 0 trains the stem as well."""
    weight_decay: float = 1e-2
    warm_up_steps: int = 100
    clip: float = 1.0
    """Largest norm of all gradients together."""
    average_decay: float = 0.995
    losses: LossWeights = field(default_factory=LossWeights)
    checkpoint_seconds: float = 240.0
    workers: int = 1


class Trainer:
    """A run in one folder: `latest.pt` or `decay.pt`, and `log.jsonl`."""

    def __init__(
        self, network: SmallNetwork, data: StepBatches, settings: TrainSettings, folder: Path
    ) -> None:
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.data = data
        self.settings = settings
        self.folder = folder
        self.schedule = Schedule(settings.warm_up_steps)
        freeze(network, settings.frozen_stages)
        self.optimizer = _optimizer(network, settings)
        self.average = WeightAverage(network, settings.average_decay)
        self.step = 0

    def resume(self, path: Path) -> None:
        """Continue exactly where a checkpoint was written."""
        stored = read_checkpoint(path)
        self.network.load_state_dict(stored.network)
        self.average.load(stored.average)
        self.optimizer.load_state_dict(stored.optimizer)
        self.step = stored.step
        self._set_decay(stored.decay)

    def reset_average(self) -> None:
        """Start the average again from the network's present weights, once they are loaded."""
        self.average = WeightAverage(self.network, self.settings.average_decay)

    def begin_decay(self, steps: int) -> None:
        """Let the learning rate fall to zero over the next `steps` steps."""
        self._set_decay(Decay(self.step, steps))

    def _set_decay(self, decay: Decay | None) -> None:
        self.schedule = replace(self.schedule, decay=decay)
        self.average.decay = self.settings.average_decay
        if decay is not None:
            # The average must not remember weights from before the rate fell.
            shorter = max(0.0, 1.0 - _DECAY_AVERAGES / decay.steps)
            self.average.decay = min(self.average.decay, shorter)

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        state = (self.network.state_dict(), self.average.state(), self.optimizer.state_dict())
        write_checkpoint(TrainingCheckpoint(self.step, *state, self.schedule.decay), path)

    def run(
        self,
        last: int,
        checkpoint: Path,
        after_pass: Callable[[], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Train up to step `last`, or until `should_stop`; always leaves a checkpoint.

        `after_pass` is called when each photo had its turn, and at the end.
        """
        if self.schedule.decay is not None:
            last = min(last, self.schedule.decay.last)
        saved = began = time.monotonic()
        pictures = 0
        for batch in batches(self.data, self.step, last, workers=self.settings.workers):
            parts = self.train_step(batch)
            pictures += len(batch.pictures)
            if self.step % _LOG_EVERY == 0:
                self._log_step(parts, pictures / (time.monotonic() - began))
                began, pictures = time.monotonic(), 0
            passed = self.step % self.data.steps_per_pass == 0 and self.step < last
            if passed or time.monotonic() - saved > self.settings.checkpoint_seconds:
                self.save(checkpoint)
                saved = time.monotonic()
            if passed:
                after_pass()
                began, pictures = time.monotonic(), 0
            if should_stop():
                break
        self.save(checkpoint)
        after_pass()

    def train_step(self, batch: Batch) -> LossParts:
        """Take one optimizer step and update the average."""
        training_mode(self.network)
        factor = self.schedule.factor(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["full_rate"] * factor
        pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
        output = self.network(pictures)
        parts = depth_and_class_loss(
            output.inverse_depth[:, 0], output.class_logits, batch.targets, self.settings.losses
        )
        if not parts.total.isfinite():
            raise FloatingPointError(f"step {self.step}: the loss is {parts.total.item()}")
        self.optimizer.zero_grad(set_to_none=True)
        parts.total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.optimizer.step()
        self.average.update(self.network)
        self.step += 1
        return parts

    def averaged(self) -> SmallNetwork:
        """Return a network with the averaged weights, in evaluation mode."""
        network = SmallNetwork(self.network.config)
        network.load_state_dict(self.average.tensors)
        return network.eval()

    def export_if_better(self, validation: Validation, path: Path) -> bool:
        """Write the averaged weights to `path`, unless what is there scores as well or better."""
        if (
            path.exists()
            and float(read_weights_metadata(path).get("score", "-inf")) >= validation.score
        ):
            return False
        metadata = {
            "score": f"{validation.score:.4f}",
            "step": str(self.step),
            "validation": json.dumps(validation.record()),
        }
        write_weights(self.average.tensors, path, metadata)
        return True

    def _log_step(self, parts: LossParts, pictures_per_s: float) -> None:
        terms = {name: round(value.item(), 4) for name, value in vars(parts).items()}
        factor = round(self.schedule.factor(self.step - 1), 4)
        speed = round(pictures_per_s, 2)
        self.log({"step": self.step, **terms, "pictures_per_s": speed, "rate_factor": factor})

    def log(self, record: dict[str, object]) -> None:
        """Append one line of JSON to the run's log."""
        append_record(self.folder, record)


def freeze(network: SmallNetwork, stages: int) -> None:
    """Keep the weights of the stem and the first `stages` stages; of nothing if it is 0."""
    if stages:
        for module in (network.encoder.stem, *network.encoder.stages[:stages]):
            module.requires_grad_(False)


def training_mode(network: SmallNetwork) -> None:
    """Put the network into training mode, but keep the encoder's ImageNet statistics.

    A step has too few pictures for statistics as good as theirs.
    """
    network.train()
    network.encoder.eval()


def _optimizer(network: SmallNetwork, settings: TrainSettings) -> torch.optim.AdamW:
    """Return AdamW; biases and normalisations do not decay towards zero."""
    groups = []
    for encoder in (True, False):
        rate = settings.encoder_rate if encoder else settings.rate
        for matrix in (True, False):
            tensors = [
                p
                for name, p in network.named_parameters()
                if name.startswith("encoder.") == encoder and (p.ndim > 1) == matrix
            ]
            decay = settings.weight_decay if matrix else 0.0
            groups.append({"params": tensors, "lr": rate, "full_rate": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups)
