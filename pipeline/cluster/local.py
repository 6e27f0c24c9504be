"""A Ray of a run's own on this machine: up quickly, quiet, and out of reach of the run's signals.

A terminal, `timeout` or a service manager signals a run's whole process group. Ray's daemons would
end at SIGTERM, and the photos under way would be lost with them; so they get their own session.
They need no signals: they end when the run's process does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path

import psutil
import ray

from pipeline.cluster import ray_internals
from pipeline.cluster.daemon_sessions import DaemonSessions
from pipeline.cluster.public_head import PublicHead
from schemas.errors import RESUME_HINT, RunError

_FOLDER_PREFIX = "sb-ray-"
_VITAL = {"raylet", "gcs_server"}

_vital_daemons: dict[str, psutil.Process] = {}  # by name; of the Ray of this process's own


class LocalRay:
    """Ray's processes and their folder, from `start` to `end`."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._head: PublicHead | None = None
        self._sessions = DaemonSessions()

    def start(self, object_store_bytes: int, worker_variables: bool = False) -> None:
        """Start Ray, and connect this process to it. Raises what ray.init raises.

        With `worker_variables`, tasks can have environment variables of their own.
        """
        self._folder = _make_folder()
        if ray_internals.is_tested_version() or os.name != "posix":
            before = set(psutil.Process().children())
            try:
                self._start_quickly(object_store_bytes, worker_variables)
            finally:
                daemons = [child for child in psutil.Process().children() if child not in before]
                self._sessions = DaemonSessions(daemons)
        else:
            self._head = PublicHead(self._folder, object_store_bytes)
            self._sessions = DaemonSessions([self._head.process])
            self._head.connect()
            daemons = self._head.process.children(recursive=True)
        for daemon in daemons:
            with contextlib.suppress(psutil.NoSuchProcess):
                if (name := daemon.name()) in _VITAL:
                    _vital_daemons[name] = daemon

    def end(self) -> None:
        """End it, if it was started, also where some of it has died."""
        _vital_daemons.clear()
        ray_internals.end_daemons_at_once()
        ray.shutdown()
        if self._head is not None:
            self._head.end()
            self._head = None
        self._sessions.kill_survivors()
        self._sessions = DaemonSessions()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start_quickly(self, object_store_bytes: int, worker_variables: bool) -> None:
        few: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        if ray_internals.is_tested_version():
            few = ray_internals.few_detached_daemons(worker_variables)
        threading.Thread(target=ray_internals.import_serializers).start()
        with few:
            ray.init(
                address="local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=object_store_bytes,
                _temp_dir=self._folder,
            )


def check_ray_lives() -> None:
    """Raise RunError if a Ray of our own has lost a process that it cannot do without.

    Ray itself notices after a quarter of a minute, and then ends this process without a word.
    """
    for name, daemon in _vital_daemons.items():
        if not _is_alive(daemon):
            raise RunError(
                f"Ray has died on this machine: its process {name} was killed or has crashed",
                f"{RESUME_HINT} If that comes again, memory "
                "may be short (dmesg tells whom the system has killed); --inline works without "
                "Ray.",
            )


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _make_folder() -> str:
    """Make Ray's folder for this process, and remove those of processes that died."""
    # Not where TMPDIR says: paths of sockets may have 107 bytes at most.
    base = "/tmp" if os.name == "posix" else tempfile.gettempdir()
    for old in Path(base).glob(f"{_FOLDER_PREFIX}*"):
        pid = old.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(old, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir=base)
