"""How many cores of the machine this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return the number: of a container or a `taskset`, theirs, where the system tells (Linux)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
