"""The sessions (of the operating system) in which a Ray of a run's own has its processes.

Ray ends its daemons, and each process of it ends when it misses another. Where two are gone at
once, some wait for minutes for the one that they miss, so what is left is killed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable

import psutil

_KILL_SECONDS = 10.0  # within which a killed process is gone


class DaemonSessions:
    """The sessions that some processes lead: their children are in them, orphans too."""

    def __init__(self, processes: Iterable[psutil.Process] = ()) -> None:
        self._leaders: dict[int, psutil.Process] = {}
        for process in processes:
            if _session_of(process) == process.pid:
                self._leaders[process.pid] = process

    def kill_survivors(self) -> None:
        """Kill what still runs in these sessions, and wait until it is gone."""
        survivors = [process for process in psutil.process_iter() if self._has(process)]
        for process in survivors:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(survivors, _KILL_SECONDS)

    def _has(self, process: psutil.Process) -> bool:
        session = _session_of(process)
        leader = None if session is None else self._leaders.get(session)
        # A number may have been given to another process, which leads its own session then.
        return leader is not None and (leader.pid != process.pid or leader == process)


def _session_of(process: psutil.Process) -> int | None:
    """Return the number of a process's session; None if it is gone, or on Windows."""
    if sys.platform == "win32":
        return None
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None
