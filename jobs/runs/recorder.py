"""Records the outcomes of a run some at a time, and tells of each one after its commit.

A commit waits for the disk, so that a power cut takes nothing back that was told. Outcomes that
come back together share one commit; one that comes alone has its own at once.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from pipeline.catalog.address import CatalogAddress
from pipeline.catalog.database import is_full
from pipeline.catalog.writer import CatalogWriter
from pipeline.store.disk_errors import disk_full
from pipeline.work.failures import failed
from schemas.outcomes import Done, Outcome, Stage, UnderWay, Waiting

MOST_HELD = 128
MOST_SECONDS = 0.2  # for which an outcome is held while others come back
# What a database or its driver raises at one row, and does not raise at the next.
_OF_ONE = (sa.exc.IntegrityError, sa.exc.DataError, ValueError, OverflowError)


class Recorder:
    """Takes what a runner yields. Nothing is told that is not in the catalog."""

    def __init__(
        self,
        catalog: CatalogWriter,
        address: CatalogAddress,
        run_id: str,
        tell: Callable[[Outcome], object],
        uninterrupted: Callable[
            [], contextlib.AbstractContextManager[None]
        ] = contextlib.nullcontext,
    ) -> None:
        """`uninterrupted` keeps signals from ending what is inside by half."""
        self._catalog = catalog
        self._address = address
        self._run_id = run_id
        self._tell = tell
        self._uninterrupted = uninterrupted
        self._held: list[Outcome] = []  # not recorded yet
        self._held_since = 0.0
        self._recorded: deque[Outcome] = deque()  # and not told yet
        self._errors: list[Exception] = []  # of single outcomes, not raised yet

    def take(self, event: Outcome | Waiting) -> None:
        """Take one event, and record what is held if it is time to.

        What is under way is recorded before this returns: the process may die of it.
        """
        if isinstance(event, Waiting):
            self.flush()
            return
        now = time.monotonic()
        if not self._held:
            self._held_since = now
        self._held.append(event)
        is_time = len(self._held) >= MOST_HELD or now - self._held_since >= MOST_SECONDS
        if is_time or isinstance(event, UnderWay):
            self.flush()

    def flush(self) -> None:
        """Record what is held, and tell of it.

        After an interrupt, the next call goes on where this one was stopped. An outcome that cannot
        be recorded or told takes no other with it: raises what the first of those raised, after
        all others are told.
        """
        if self._held:
            with self._uninterrupted():
                self._record_held()
        while self._recorded:
            with self._uninterrupted():
                try:
                    self._tell(self._recorded.popleft())
                except Exception as error:
                    self._errors.append(error)
        if self._errors:
            first, self._errors = self._errors[0], []
            raise first

    def record_one(self, outcome: Outcome) -> Outcome:
        """Record an outcome; where the catalog's disk is full, return that failure instead."""
        try:
            self._catalog.record(outcome, self._run_id)
        except sa.exc.OperationalError as error:
            if not is_full(error):
                raise
            if isinstance(outcome, UnderWay):
                return outcome  # the photo's own outcome will fail too
            file = outcome.photo.file if isinstance(outcome, Done) else outcome.file
            full = disk_full(f"the disk of the catalog {self._address}")
            return failed(file, Stage.RECORD, full)
        return outcome

    def _record_held(self) -> None:
        try:
            self._catalog.record_all(self._held, self._run_id)
        except Exception as error:
            if not _is_of_one(error):
                raise
            self._record_each()
        else:
            self._move(len(self._held), self._held)

    def _record_each(self) -> None:
        """Record each outcome by itself, and keep the errors of those that cannot be recorded."""
        while self._held:
            try:
                recorded = [self.record_one(self._held[0])]
            except Exception as error:
                if not _is_of_one(error):
                    raise
                self._errors.append(error)
                recorded = []
            self._move(1, recorded)

    def _move(self, number: int, recorded: Sequence[Outcome]) -> None:
        self._recorded.extend(recorded)
        self._held = self._held[number:]


def _is_of_one(error: Exception) -> bool:
    """Tell whether an error may be of one row, and not of the database: a full disk may be."""
    return isinstance(error, _OF_ONE) or (
        isinstance(error, sa.exc.OperationalError) and is_full(error)
    )
