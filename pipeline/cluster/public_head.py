"""`ray start --head` for a run of our own: Ray's public way to start, with any version of it.

It takes about twice the CPU time of `local`'s own way, which is for tested versions only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import ray

from pipeline.cluster import ray_internals

_LOCALHOST = "127.0.0.1"
_START_SECONDS = 120.0
_FORK_SECONDS = 5.0  # within which the guard has started Ray
# Ends Ray once the other end of its stdin is closed, as also happens when that process is killed.
_GUARD = '"$@" & ray=$!; read -r _; kill -TERM "$ray"; wait "$ray"'
_RAY = (sys.executable, "-m", "ray.scripts.scripts")  # the command `ray`
_ADDRESS = "RAY_ADDRESS"  # a variable, which Ray obeys rather than its arguments
_ADDRESS_FILE = "ray_current_cluster"  # in Ray's folder, as soon as all of a head has started


class PublicHead:
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
        self._wait_until_started()
        # Only with "auto" does Ray use the token of this machine. Where there are several Rays, it
        # takes the one in the folder then; one that has died would be waited for.
        address = os.environ.pop(_ADDRESS, None)
        try:
            with ray_internals.one_attempt_to_connect():
                ray.init(
                    address="auto",
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    _temp_dir=self._folder,
                )
        finally:
            if address is not None:
                os.environ[_ADDRESS] = address
        if not ray.get_runtime_context().gcs_address.endswith(f":{self._port}"):
            ray.shutdown()
            raise ConnectionError("the Ray of this run has ended, and another one answered")

    def end(self) -> None:
        """End Ray, and wait for that."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guard.wait(_START_SECONDS)

    def _wait_until_started(self) -> None:
        began = time.monotonic()
        while not Path(self._folder, _ADDRESS_FILE).exists():
            waited = time.monotonic() - began
            if waited > _FORK_SECONDS and not self._is_running():
                raise RuntimeError(f"'ray start' has ended: {self._last_words()}")
            if waited > _START_SECONDS:
                raise ConnectionError(f"Ray has not started within {_START_SECONDS:g} s")
            time.sleep(0.1)

    def _is_running(self) -> bool:
        """Tell whether `ray start` runs: the guard itself waits for this process, not for Ray."""
        try:
            children = self.process.children()
            return any(child.status() != psutil.STATUS_ZOMBIE for child in children)
        except psutil.NoSuchProcess:
            return False

    def _last_words(self) -> str:
        lines = Path(self._folder, "start.log").read_text("utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "without a message")


def _make_token() -> None:
    """Have a token, without which Ray would let every user of this machine run code as this one."""
    if "RAY_AUTH_MODE" not in os.environ and not Path.home().joinpath(".ray/auth_token").exists():
        command = [*_RAY, "get-auth-token", "--generate"]
        subprocess.run(command, capture_output=True, check=False)  # older ones have no tokens


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_LOCALHOST, 0))
        return int(listener.getsockname()[1])
