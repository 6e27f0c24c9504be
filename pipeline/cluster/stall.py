"""When a run makes no progress for so long that a person should be told, and what is free then."""

from __future__ import annotations

import time

import ray

PATIENCE_SECONDS = 60.0


class StallTimer:
    """Measures how long nothing has happened."""

    def __init__(self) -> None:
        self._last_progress = time.monotonic()

    def note_progress(self) -> None:
        """Start again: something has happened."""
        self._last_progress = time.monotonic()

    def is_stalled(self) -> bool:
        """Tell whether nothing has happened for `PATIENCE_SECONDS`."""
        return time.monotonic() - self._last_progress > PATIENCE_SECONDS

    def is_notice_due(self) -> bool:
        """Tell whether to say so: once, and again after as long a time."""
        if not self.is_stalled():
            return False
        self.note_progress()
        return True


def free_resources() -> tuple[float, float]:
    """Return how many CPUs and GPUs of the cluster are free."""
    free = ray.available_resources()
    return free.get("CPU", 0.0), free.get("GPU", 0.0)
