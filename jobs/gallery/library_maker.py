"""Makes scenes of photos that the library knows: those that failed, or that wait for a run.

People ask for them on a page. One worker process at a time makes an ingest of the photos' files. It
waits for its turn while another run holds the library.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jobs.gallery.answer_errors import AnswerError
from jobs.gallery.worker import LibraryRequest
from jobs.gallery.worker_process import run_worker, try_again_seconds
from pipeline.library import Library

MOST_PHOTOS = 10_000  # asked for and not begun


class MakingState(StrEnum):
    """The state of what was asked for last."""

    WAITING = "waiting"  # until another run no longer holds the library
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(slots=True)
class Making:
    """Photos of which scenes are to be made."""

    number: int
    photo_ids: list[str]
    state: MakingState = MakingState.RUNNING
    tries: int = 0
    error: str | None = None  # why some or all were not made; while it waits: who holds the library
    hint: str | None = None
    # At the end: made, failed, skipped, not_begun, without_file.
    counts: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what pages show."""
        return {
            "number": self.number,
            "photos": len(self.photo_ids),
            "state": self.state,
            "error": self.error,
            "hint": self.hint,
            **self.counts,
        }


class LibraryMaker:
    """What people have asked to be made, in order. It belongs to one event loop."""

    def __init__(self, library: Library, worker: str, changed: Callable[[], object]) -> None:
        """`worker` is the module that each process runs; `changed` is called at each change."""
        self._library = library
        self._worker = worker
        self._changed = changed
        self._asked: list[str] = []  # not begun
        self._now: Making | None = None
        self._number = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Make what is asked for inside this context; on exit stop what is being made."""
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def as_dict(self) -> dict[str, Any] | None:
        """Return what was asked for last, as JSON for pages; None if nothing was."""
        if self._now is None:
            return None
        return {**self._now.as_dict(), "then": len(self._asked)}

    def ask(self, photo_ids: Sequence[str]) -> None:
        """Have scenes of photos made, after what was asked for before. Raises AnswerError."""
        asked = list(dict.fromkeys((*self._asked, *photo_ids)))
        if len(asked) > MOST_PHOTOS:
            raise AnswerError(429, "Many photos wait already.", "Wait until they are finished.")
        self._asked = asked
        self._wake.set()
        self._changed()

    def stop(self) -> None:
        """Stop what is being made, and forget what was asked for after it."""
        self._asked.clear()
        self._cancel()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._asked:
                self._number += 1
                self._now = Making(self._number, self._asked)
                self._asked = []
                self._changed()
                self._task = asyncio.create_task(self._make(self._now))
                try:
                    await asyncio.wait((self._task,))
                finally:
                    self._cancel()
                    await asyncio.gather(self._task, return_exceptions=True)
                if self._task.cancelled():
                    self._now.state = MakingState.STOPPED
                self._changed()

    def _cancel(self) -> None:
        """Stop the worker process, once: it ends in its own time."""
        if self._task is not None and not self._task.cancelling():
            self._task.cancel()

    async def _make(self, making: Making) -> None:
        address = self._library.catalog_address
        while True:
            making.state, making.error = MakingState.RUNNING, None
            self._changed()
            request = LibraryRequest(making.photo_ids, str(self._library), address.given)
            last = await self._run(request)
            if not last.get("busy"):
                break
            making.state, making.error = MakingState.WAITING, last["error"]
            making.tries += 1
            self._changed()
            await asyncio.sleep(try_again_seconds(making.tries))
            # What was asked for meanwhile comes along.
            making.photo_ids = list(dict.fromkeys((*making.photo_ids, *self._asked)))
            self._asked = []
        result = last.get("result")
        making.state = MakingState.FAILED if result is None else MakingState.DONE
        told = last if result is None else result
        making.error, making.hint = told.pop("error", None), told.pop("hint", None)
        making.counts = result or {}

    async def _run(self, request: LibraryRequest) -> dict[str, Any]:
        try:
            return await run_worker(self._worker, request.as_json())
        except OSError as error:
            return {"error": str(error), "hint": ""}
