"""One file with all that a run needs to continue exactly: weights, average, optimizer, step."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sharp_core.training.small.schedule import Decay

LATEST = "latest.pt"
"""The constant phase: never overwritten by a decay, so that training can go on from it."""
DECAY = "decay.pt"
"""A decay in progress or finished."""


@dataclass(frozen=True)
class TrainingCheckpoint:
    """A run's state after `step` steps."""

    step: int
    network: dict[str, Any]
    average: dict[str, Any]
    optimizer: dict[str, Any]
    decay: Decay | None


def write_checkpoint(checkpoint: TrainingCheckpoint, path: Path) -> None:
    """Write through a temporary file, so that a kill leaves the former file whole."""
    decay = checkpoint.decay
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        torch.save(
            {
                "step": checkpoint.step,
                "network": checkpoint.network,
                "average": checkpoint.average,
                "optimizer": checkpoint.optimizer,
                "decay": None if decay is None else [decay.first, decay.steps],
            },
            file,
        )
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_checkpoint(path: Path) -> TrainingCheckpoint:
    """Read what `write_checkpoint` wrote."""
    stored = torch.load(path, map_location="cpu", weights_only=True)
    decay = stored["decay"]
    return TrainingCheckpoint(
        stored["step"],
        stored["network"],
        stored["average"],
        stored["optimizer"],
        None if decay is None else Decay(*decay),
    )
