"""Wait until something is so, for as long as a machine with much other work may take."""

from __future__ import annotations

import time
from collections.abc import Callable

# Tests of what happens, not of how fast: only what never happens takes so long.
PATIENCE_SECONDS = 300.0


def wait_until(
    is_so: Callable[[], bool], said: Callable[[], object] = str, pause: float = 0.05
) -> None:
    """Return as soon as `is_so()`. Raises AssertionError, with what `said()`, after that time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, said()
        time.sleep(pause)
