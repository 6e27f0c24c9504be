"""Which tasks of a run are at work: Ray does not tell a driver whether a task waits for its turn.

So each notes in the cluster's key-value store that it has begun, and takes the note back when it
ends. A note that stays behind is one of a task that died.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from ray.experimental import internal_kv as notes

_NAMESPACE = "sharp-batch"


class AtWork:
    """The notes of one run, as its driver sees them."""

    def __init__(self) -> None:
        self._run = uuid.uuid4().hex
        self._count = 0

    def new_note(self) -> str:
        """Return the key of a note for a task that is about to be sent off."""
        self._count += 1
        return f"{self._run}/{self._count}"

    def look(self) -> set[str]:
        """Return the notes that are there."""
        return {key.decode() for key in notes._internal_kv_list(self._run, namespace=_NAMESPACE)}

    def forget(self, note: str) -> None:
        """Remove the note of a task that died, if it had begun."""
        notes._internal_kv_del(note, namespace=_NAMESPACE)


@contextlib.contextmanager
def at_work(note: str) -> Iterator[None]:
    """In a worker: have a task be known to be at work while this holds."""
    notes._internal_kv_put(note, b"", namespace=_NAMESPACE)
    try:
        yield
    finally:
        notes._internal_kv_del(note, namespace=_NAMESPACE)
