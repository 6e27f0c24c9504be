"""The sessions (of the operating system) in which a Ray of a run's own has its processes.

Ray ends its daemons, and each process of it ends when it misses another. Where two are gone at
once, some wait for minutes for the one that they miss, so what is left is killed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

import psutil

_KILL_SECONDS = 10.0  # within which a killed process is gone


class DaemonSessions:
    """The sessions that some processes lead: their children are in them, orphans too."""

    def __init__(self, processes: Iterable[psutil.Process] = ()) -> None:
        self._leaders: dict[int, psutil.Process] = {}
        for process in processes if os.name == "posix" else ():
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getsid(process.pid) == process.pid:
                    self._leaders[process.pid] = process

    def kill_survivors(self) -> None:
        """Kill what still runs in these sessions, and wait until it is gone."""
        survivors = [process for process in psutil.process_iter() if self._has(process)]
        for process in survivors:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(survivors, _KILL_SECONDS)

    def _has(self, process: psutil.Process) -> bool:
        try:
            leader = self._leaders.get(os.getsid(process.pid))
        except (ProcessLookupError, PermissionError):
            return False
        # A number may have been given to another process, which leads its own session then.
        return leader is not None and (leader.pid != process.pid or leader == process)
