"""What a run's driver and its workers tell each other beside tasks and results.

Ray does not say whether a task runs or waits for its turn, and has no way to ask a task to give up
waiting. So each task marks in the cluster's key-value store that it has begun, and the driver marks
that the run is to stop. The store is experimental in Ray: without it, tasks count as begun once
they are sent off, and workers do not notice a stop.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from pipeline.store.retry import stop_retries_when

try:
    from ray.experimental import internal_kv
except ImportError:
    internal_kv = None

_NAMESPACE = "sharp-batch"


class TaskMarks:
    """The marks of one run, as its driver sees them."""

    def __init__(self) -> None:
        self.run_id = uuid.uuid4().hex
        self._count = 0
        self._is_stop_set = False

    def new(self) -> str:
        """Return the key of a mark for a task that is about to be sent off."""
        self._count += 1
        return f"{self.run_id}/{self._count}"

    def begun(self) -> set[str] | None:
        """Return the marks of tasks that run; None where that is not known."""
        if internal_kv is None:
            return None
        keys = internal_kv._internal_kv_list(f"{self.run_id}/", namespace=_NAMESPACE)
        return {key.decode() for key in keys}

    def forget(self, mark: str) -> None:
        """Remove the mark of a task that died, if it had begun."""
        if internal_kv is not None:
            internal_kv._internal_kv_del(mark, namespace=_NAMESPACE)

    def set_stop(self) -> None:
        """Tell workers that the run is to stop."""
        if internal_kv is not None and not self._is_stop_set:
            internal_kv._internal_kv_put(_stop_key(self.run_id), b"", namespace=_NAMESPACE)
            self._is_stop_set = True

    def close(self) -> None:
        """Leave nothing in the cluster."""
        if internal_kv is not None and self._is_stop_set:
            internal_kv._internal_kv_del(_stop_key(self.run_id), namespace=_NAMESPACE)
            self._is_stop_set = False


@contextlib.contextmanager
def marked(mark: str) -> Iterator[None]:
    """In a worker: mark a task as begun while this holds."""
    if internal_kv is None:
        yield
        return
    internal_kv._internal_kv_put(mark, b"", namespace=_NAMESPACE)
    try:
        yield
    finally:
        internal_kv._internal_kv_del(mark, namespace=_NAMESPACE)


def notices_stop(run_id: str) -> contextlib.AbstractContextManager[None]:
    """In a worker: end waiting for a store by KeyboardInterrupt once the run is to stop."""

    def is_stop_set() -> bool:
        if internal_kv is None:
            return False
        return bool(internal_kv._internal_kv_exists(_stop_key(run_id), namespace=_NAMESPACE))

    return stop_retries_when(is_stop_set)


def _stop_key(run_id: str) -> str:
    return f"stop/{run_id}"
