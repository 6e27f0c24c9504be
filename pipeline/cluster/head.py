"""Whether the head of the cluster answers: asked before every question to it.

A question to a head that is gone blocks for a minute, and then Ray ends this process without a
word. So the head's port is tried first.
"""

from __future__ import annotations

import socket
import time

import ray

from schemas.errors import RESUME_HINT, RunError

PATIENCE_SECONDS = 40.0  # a head may be restarted; Ray itself gives up after 60 s
_CHECK_SECONDS = 1.0  # between two tries
_ANSWER_SECONDS = 5.0


class Head:
    """The head of the cluster that this process is connected to."""

    def __init__(self) -> None:
        # Through ray:// all questions go to a server that may reach the head where we cannot.
        is_client = ray.util.client.ray.is_connected()
        self._address = None if is_client else str(ray.get_runtime_context().gcs_address)
        self._checked = self._last_answer = time.monotonic()
        self._is_reachable = True

    def is_reachable(self) -> bool:
        """Tell whether the head can be asked something now.

        Raises RunError once it has not answered for `PATIENCE_SECONDS`.
        """
        now = time.monotonic()
        if self._address is None or now - self._checked < _CHECK_SECONDS:
            return self._is_reachable
        self._checked = now
        self._is_reachable = _answers(self._address)
        if self._is_reachable:
            self._last_answer = now
        elif now - self._last_answer > PATIENCE_SECONDS:
            raise RunError(
                f"the head of the Ray cluster at {self._address} does not answer any more",
                f"What is done is kept. See how the cluster is ('ray status'). {RESUME_HINT}",
            )
        return self._is_reachable


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
