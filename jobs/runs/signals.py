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


class StopSignals:
    """What the signals of one run do: the first asks it to stop, the second ends its work."""

    def __init__(self, stop: Stop, on_first: Callable[[], None]) -> None:
        """Call `on_first` after `stop` is asked."""
        self._stop = stop
        self._on_first = on_first
        self._received = 0
        self._ends_at = 2  # the signal of this number raises
        self._has_ended = False
        self._is_postponing = False
        self._is_postponed = False

    def work_ended(self) -> None:
        """Let one more signal pass without effect: only the short end of the run remains.

        A person who pressed Ctrl-C twice to end the work did not mean to lose the report, when the
        work happened to end between the two.
        """
        self._has_ended = True
        self._ends_at = self._received + 2

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """Let the second signal end only this context: what is finished then is still reported."""
        with contextlib.suppress(KeyboardInterrupt):
            try:
                yield
            finally:
                self.work_ended()

    @contextlib.contextmanager
    def postponed(self) -> Iterator[None]:
        """Inside, the signal that ends the work waits for the end of what is inside.

        For what must not be done by half, and is quick. One more signal does not wait.
        """
        self._is_postponing, self._is_postponed = True, False
        try:
            yield
        finally:
            self._is_postponing = False
            if self._is_postponed:
                raise KeyboardInterrupt

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal. Raises KeyboardInterrupt."""
        self._received += 1
        if self._received >= self._ends_at:
            if not self._is_postponing or self._is_postponed:
                raise KeyboardInterrupt
            self._is_postponed = True
        elif self._received == 1 and not self._has_ended:
            self._stop.ask()
            stop_retrying()
            self._on_first()


@contextlib.contextmanager
def stop_on_signals(stop: Stop, on_first: Callable[[], None]) -> Iterator[StopSignals]:
    """Inside the context, the first signal asks `stop`, the second raises KeyboardInterrupt.

    The first also ends retries of an object store, which take minutes. It is KeyboardInterrupt
    because Ray lets no other exception through where it waits.
    """
    signals = StopSignals(stop, on_first)
    before = {number: signal.signal(number, signals.handle) for number in _NUMBERS}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
