"""Ctrl-C, SIGTERM, a closed terminal: the first stops a run gracefully, the second at once."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

from pipeline.store.retry import stop_retrying
from pipeline.work.stop import Stop

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextlib.contextmanager
def stop_on_signals(stop: Stop, on_first: Callable[[], None]) -> Iterator[None]:
    """Inside the context, the first signal asks `stop`, the second raises KeyboardInterrupt.

    The first also ends retries of an object store, which take minutes. It is KeyboardInterrupt
    because Ray lets no other exception through where it waits.
    """
    is_asked = False  # by a signal; a full disk asks `stop` too

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        if is_asked:
            raise KeyboardInterrupt
        is_asked = True
        stop.ask()
        stop_retrying()
        on_first()

    before = {number: signal.signal(number, handle) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
