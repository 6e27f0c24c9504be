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
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import ray

from pipeline.cluster import ray_internals
from schemas.errors import RunError

_FOLDER_PREFIX = "sb-ray-"
_VITAL = {"raylet", "gcs_server"}
_LOCALHOST = "127.0.0.1"
_START_SECONDS = 120.0
# Ends Ray once the other end of its stdin is closed, as also happens when that process is killed.
_GUARD = '"$@" & ray=$!; read -r _; kill -TERM "$ray"; wait "$ray"'
_RAY = (sys.executable, "-m", "ray.scripts.scripts")  # the command `ray`
_ADDRESSES = {"RAY_ADDRESS"}  # variables

_vital_daemons: list[psutil.Process] = []  # of the Ray that this process has started


class LocalRay:
    """Ray's processes and their folder, from `start` to `end`."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._head: _PublicHead | None = None

    def start(self, object_store_bytes: int) -> None:
        """Start Ray, and connect this process to it. Raises what ray.init raises."""
        self._folder = _make_folder()
        if ray_internals.is_tested_version() or os.name != "posix":
            self._start_quickly(object_store_bytes)
            parent = psutil.Process()
        else:
            self._head = _PublicHead(self._folder, object_store_bytes)
            self._head.connect()
            parent = self._head.process
        children = parent.children(recursive=self._head is not None)
        _vital_daemons[:] = [child for child in children if child.name() in _VITAL]

    def end(self) -> None:
        """End it, if it was started."""
        _vital_daemons.clear()
        ray.shutdown()
        if self._head is not None:
            self._head.end()
            self._head = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start_quickly(self, object_store_bytes: int) -> None:
        is_tested = ray_internals.is_tested_version()
        threading.Thread(target=ray_internals.import_serializers).start()
        with ray_internals.few_detached_daemons() if is_tested else contextlib.nullcontext():
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
    for daemon in _vital_daemons:
        if not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE:
            raise RunError(
                f"Ray has died on this machine: its process {_name_of(daemon)} was killed or has "
                "crashed",
                "Run the same command again: it goes on where it was. If that comes again, memory "
                "may be short (dmesg tells whom the system has killed); --inline works without "
                "Ray.",
            )


class _PublicHead:
    """`ray start --head` in a session of its own, which ends when this process does."""

    def __init__(self, folder: str, object_store_bytes: int) -> None:
        self._folder = folder
        self._port = _free_port()
        _make_token()
        command = [
            *(*_RAY, "start", "--head", "--block"),
            f"--node-ip-address={_LOCALHOST}",
            f"--port={self._port}",
            f"--object-store-memory={object_store_bytes}",
            f"--temp-dir={folder}",
            "--include-dashboard=false",
            "--include-log-monitor=false",
            "--disable-usage-stats",
        ]
        with Path(folder, "start.log").open("wb") as log:
            self._guard = subprocess.Popen(
                ["sh", "-c", _GUARD, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.process = psutil.Process(self._guard.pid)

    def connect(self) -> None:
        """Connect this process, as soon as Ray is up. Raises ConnectionError, RuntimeError."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._try_to_connect()
            except (OSError, RuntimeError):
                if time.monotonic() > deadline or self._guard.poll() is not None:
                    raise
                time.sleep(0.1)
            else:
                return

    def end(self) -> None:
        """End Ray, and wait for that."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guard.wait(_START_SECONDS)

    def _try_to_connect(self) -> None:
        socket.create_connection((_LOCALHOST, self._port), 1.0).close()
        # Only with "auto" does Ray use the token of this machine. It obeys RAY_ADDRESS rather, and
        # may find another cluster while this one starts.
        environment = {name: os.environ.pop(name) for name in _ADDRESSES & os.environ.keys()}
        try:
            ray.init(
                address="auto",
                log_to_driver=False,
                logging_level=logging.ERROR,
                _temp_dir=self._folder,
            )
        finally:
            os.environ.update(environment)
        if not ray.get_runtime_context().gcs_address.endswith(f":{self._port}"):
            ray.shutdown()
            raise ConnectionError("the Ray of this run has not started yet")


def _make_token() -> None:
    """Have a token, without which Ray would let every user of this machine run code as this one."""
    if "RAY_AUTH_MODE" not in os.environ and not Path.home().joinpath(".ray/auth_token").exists():
        command = [*_RAY, "get-auth-token", "--generate"]
        subprocess.run(command, capture_output=True, check=False)  # older ones have no tokens


def _name_of(daemon: psutil.Process) -> str:
    """Return the name of a process, which psutil keeps after its end."""
    with contextlib.suppress(psutil.Error):
        return str(daemon.name())
    return "raylet"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOCALHOST, 0))
        return int(probe.getsockname()[1])


def _make_folder() -> str:
    """Make Ray's folder for this process, and remove those of processes that died."""
    # Not where TMPDIR says: paths of sockets may have 107 bytes at most.
    base = "/tmp" if os.name == "posix" else tempfile.gettempdir()
    for old in Path(base).glob(f"{_FOLDER_PREFIX}*"):
        pid = old.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
            shutil.rmtree(old, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir=base)
