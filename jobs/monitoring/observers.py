"""Who watches runs. Like handlers of a log, they are set around a run and known to no part of it.

    with observed_by([hooks, metrics]):
        Ingest(...).run(...)            # each Run inside tells them what happens

An observer never fails a run, nor may it block one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import NamedTuple

from jobs.console.output import Output
from pipeline.library import Library
from pipeline.work.monitor import RunMonitor
from schemas.outcomes import Outcome


class WatchedRun(NamedTuple):
    """A run that begins."""

    run_id: str
    command: str
    library: Library
    monitor: RunMonitor | None  # of runs that predict


class RunObserver:
    """Is told what happens in runs, one after the other. Its methods must be quick."""

    def begin(self, run: WatchedRun) -> None:
        """Take note that a run has begun."""

    def outcome(self, outcome: Outcome) -> None:
        """Take note of what became of a photo; it is recorded already."""

    def end(self, report: Mapping[str, object]) -> None:
        """Take note that the run has ended; the report has its `state` and its counts."""


_observers: ContextVar[tuple[RunObserver, ...]] = ContextVar("observers", default=())


@contextlib.contextmanager
def observed_by(observers: Sequence[RunObserver]) -> Iterator[None]:
    """Have observers told of every run inside."""
    token = _observers.set((*_observers.get(), *observers))
    try:
        yield
    finally:
        _observers.reset(token)


class Observers:
    """The observers of one run: what one of them raises is a warning, once."""

    def __init__(self, output: Output) -> None:
        self._observers: list[RunObserver] = []
        self._output = output

    def begin(self, run: WatchedRun) -> None:
        """Tell those who watch now that the run has begun; they are told of it from here on."""
        self._observers = list(_observers.get())
        self._tell(lambda observer: observer.begin(run))

    def outcome(self, outcome: Outcome) -> None:
        """Tell what became of a photo."""
        self._tell(lambda observer: observer.outcome(outcome))

    def end(self, report: Mapping[str, object]) -> None:
        """Tell that the run has ended."""
        self._tell(lambda observer: observer.end(report))

    def _tell(self, tell: Callable[[RunObserver], None]) -> None:
        for observer in tuple(self._observers):
            try:
                tell(observer)
            except Exception as error:
                self._observers.remove(observer)
                self._output.warn(f"{type(observer).__name__} is off from here on: {error}")
