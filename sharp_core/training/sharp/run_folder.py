"""The folder of a training run: what is written there, and how a run is resumed.

state.pt       all that a run needs to continue exactly
weights.pt     averaged weights in the published layout, for `ingest --checkpoint`
log.jsonl      a record of each logged step
tensorboard/   the same for TensorBoard
pictures/      what the network makes of pairs that it never learns from
settings.json  the settings of the run
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from schemas.errors import RunError, UsageError
from sharp_core.training.torch_file import save_whole

STATE = "state.pt"
WEIGHTS = "weights.pt"
PICTURES = "pictures"
_SETTINGS = "settings.json"
# Settings that may change when a run continues: they do not change what it computes.
_FREE = ("reports", "loaders", "resnet")


@dataclass(frozen=True, slots=True)
class TrainingState:
    """A run after `step` steps."""

    step: int
    network: dict[str, Any]
    average: dict[str, Any]
    optimizer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Reads and writes the files of a run."""

    path: Path

    @property
    def weights(self) -> Path:
        """The file of averaged weights."""
        return self.path / WEIGHTS

    def begin(self, settings: dict[str, object]) -> None:
        """Make the folder, or check that what is there is a run with the same settings.

        Raises UsageError.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / _SETTINGS
        if (self.path / STATE).exists() and file.exists():
            changed = _changed(json.loads(file.read_text("utf-8")), settings)
            if changed:
                raise UsageError(
                    f"{self.path} holds a run with other settings: {', '.join(changed)}",
                    "Give the same settings to continue it, or another folder with --out.",
                )
        temporary = file.with_name(_SETTINGS + ".part")
        temporary.write_text(json.dumps(settings, indent=1) + "\n", "utf-8")
        temporary.replace(file)

    def read_state(self) -> TrainingState | None:
        """Return where the run stopped; None for a new one. Raises RunError."""
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            stored = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
            return TrainingState(**stored)
        except Exception as error:  # torch has no common class for a damaged file
            raise RunError(
                f"{path} cannot be read: {str(error).splitlines()[0]}",
                f"Remove it to begin again; the last exported weights are {self.weights}.",
            ) from error

    def step(self) -> int:
        """Return how many steps the stored state has taken; 0 for a new run. Raises RunError."""
        state = self.read_state()
        return 0 if state is None else state.step

    def last_picture(self) -> Path | None:
        """Return the newest picture, None if there is none."""
        return max((self.path / PICTURES).glob("step_*.png"), default=None)

    def write_state(self, state: TrainingState) -> None:
        """Write all that a run needs to continue."""
        content = {
            "step": state.step,
            "network": state.network,
            "average": state.average,
            "optimizer": state.optimizer,
        }
        save_whole(content, self.path / STATE)

    def picture(self, step: int) -> Path:
        """Return the path of the pictures after a step."""
        folder = self.path / PICTURES
        folder.mkdir(exist_ok=True)
        return folder / f"step_{step:06}.png"


def _changed(before: dict[str, Any], now: dict[str, object]) -> list[str]:
    """Return the settings that differ, as 'name was a, is b'."""
    now = json.loads(json.dumps(now))
    return [
        f"{name} was {before.get(name)!r} and is {value!r}"
        for name, value in now.items()
        if name not in _FREE and before.get(name) != value
    ]
