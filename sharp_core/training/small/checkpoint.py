"""One file with all that a run needs to continue exactly: weights, average, optimizer, step."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sharp_core.training.small.schedule import Decay
from sharp_core.training.torch_file import save_whole

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
    """Write the file whole."""
    decay = checkpoint.decay
    content = {
        "step": checkpoint.step,
        "network": checkpoint.network,
        "average": checkpoint.average,
        "optimizer": checkpoint.optimizer,
        "decay": None if decay is None else [decay.first, decay.steps],
    }
    save_whole(content, path)


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
