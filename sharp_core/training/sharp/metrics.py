"""Metrics of a training run: lines of JSON, and TensorBoard where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sharp_core.training.log_file import append_record


class MetricsLog:
    """Writes each record to `log.jsonl` and `tensorboard/` of a run's folder."""

    def __init__(self, folder: Path, step: int = 0, *, tensorboard: bool = True) -> None:
        """Record what follows `step`; TensorBoard's events too, if the package is installed."""
        self._folder = folder
        self._board: Any = None
        if tensorboard and find_spec("tensorboard") is not None:
            from torch.utils.tensorboard.writer import SummaryWriter

            # Events of a run that was killed after its last checkpoint are not shown.
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Record the metrics of a step."""
        append_record(self._folder, {"step": step, **values})
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)
            self._board.flush()

    def close(self) -> None:
        """Close the events' file."""
        if self._board is not None:
            self._board.close()
