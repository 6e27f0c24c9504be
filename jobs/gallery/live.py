"""What open pages are told while they are open: the run that works now, and that photos came.

One task watches the catalog for all pages, while there are any. Pages are told of its state, not of
each event, so that a page that reads slowly, or connects again, misses nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from anyio import CapacityLimiter, to_thread

from jobs.gallery.answer_errors import AnswerError
from jobs.gallery.reader import LibraryReader
from pipeline.catalog.run_progress import ActiveRun, LibraryPulse, is_at_work, read_pulse
from schemas.errors import SharpBatchError

MOST_PAGES = 300
MOST_OF_CLIENT = 60
_POLL_SECONDS = 1.0
_CONTENT_SECONDS = 4.0  # pages ask for what is new after each change: not more often than that
_HEARTBEAT_SECONDS = 15.0  # shows that a connection is dead
_RATE_SECONDS = 120.0  # over which the rate is measured
_RETRY_MS = 3000
_logger = logging.getLogger(__name__)


class LiveLibrary:
    """Watches one library for all open pages. All methods belong to its event loop."""

    def __init__(self, reader: LibraryReader) -> None:
        self._reader = reader
        # Returns as JSON what people have asked the gallery to make.
        self.making: Callable[[], object] = lambda: None
        self._pages = Counter[str]()  # by client
        self._task: asyncio.Task[None] | None = None
        self._limiter = CapacityLimiter(1)
        self._is_closed = False
        self._changed = asyncio.Event()
        self._pulse: LibraryPulse | None = None
        self._run: ActiveRun | None = None
        self._stamp: object = None
        self._pace = RunPace()
        self._began = time.time_ns()  # an open page may outlive the gallery, and meet the next one
        self._content = 0
        self._content_of: tuple[int, int] | None = None
        self._content_at = -float("inf")
        self._state = ""

    @property
    def content(self) -> int | None:
        """A number that changes with the photos of the library; None while nobody watches them."""
        return self._content if self._pages and self._content else None

    def open_page(self, client: str) -> AsyncIterator[bytes]:
        """Return the events of one page, which end when the gallery stops.

        Raises AnswerError where the client has too many pages open, or all clients have.
        """
        if self._is_closed:
            raise AnswerError(503, "The gallery is stopping.")
        if self._pages[client] >= MOST_OF_CLIENT:
            raise AnswerError(429, "You have too many pages open.", "Close some.")
        if self._pages.total() >= MOST_PAGES:
            raise AnswerError(503, "Too many pages are open.", "Try again later.")
        return self._events(client)

    async def _events(self, client: str) -> AsyncIterator[bytes]:
        self._pages[client] += 1
        try:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._watch())
            yield f"retry: {_RETRY_MS}\n\n".encode()
            told = ""
            while not self._is_closed:
                changed = self._changed
                if self._state and self._state != told:
                    told = self._state
                    yield f"data: {told}\n\n".encode()
                try:
                    async with asyncio.timeout(_HEARTBEAT_SECONDS):
                        await changed.wait()
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._pages -= Counter([client])

    def tell(self) -> None:
        """Tell open pages what has changed."""
        state = json.dumps(
            {
                "content": f"{self._began}-{self._content}",
                "run": self._pace.as_dict(self._run),
                "making": self.making(),
            }
        )
        if state != self._state:
            self._state = state
            self._wake()

    async def close(self) -> None:
        """End the events of all pages."""
        self._is_closed = True
        self._wake()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _watch(self) -> None:
        while self._pages and not self._is_closed:
            try:
                await to_thread.run_sync(self._look, limiter=self._limiter)
            except SharpBatchError as error:
                _logger.warning("The catalog cannot be watched: %s", error)
            self._take()
            await asyncio.sleep(_POLL_SECONDS)

    def _look(self) -> None:
        """See what the catalog says, and whether the run that it says works is there."""
        self._read()
        run = self._pulse.run if self._pulse is not None else None
        self._run = run if run is not None and is_at_work(run, self._reader.folder) else None

    def _read(self) -> None:
        """Read the pulse of the library, if its catalog has changed."""
        stamp = self._reader.stamp()
        if stamp is None or stamp != self._stamp:
            with self._reader.catalog() as connection:
                self._pulse = read_pulse(connection)
            self._stamp = stamp

    def _take(self) -> None:
        pulse = self._pulse
        if pulse is None:
            return
        content = (pulse.runs, pulse.finished)
        now = time.monotonic()
        # The end of a run is told at once; the work of one that goes on every few seconds.
        is_due = self._run is None or now - self._content_at >= _CONTENT_SECONDS
        if content != self._content_of and is_due:
            self._content_of, self._content_at = content, now
            self._content += 1
        self.tell()


class RunPace:
    """The rate of a run, from the counts that it records."""

    def __init__(self) -> None:
        self._run_id = ""
        self._counts: deque[tuple[float, int]] = deque()  # seconds of the run, and what it finished

    def as_dict(self, run: ActiveRun | None) -> dict[str, Any] | None:
        """Return the progress of a run as JSON; counts and times are None until they are known."""
        if run is None:
            return None
        shown: dict[str, Any] = {
            "id": run.run_id,
            "command": run.command,
            **dict.fromkeys(("done", "failed", "left", "per_second", "seconds_left")),
        }
        if run.due is None or run.seconds is None:
            return shown
        done, failed = run.done or 0, run.failed or 0
        left = max(0, run.due - done - failed)
        rate = self._rate(run.run_id, run.seconds, done + failed)
        return {
            **shown,
            "done": done,
            "failed": failed,
            "left": left,
            "per_second": round(rate, 4) if rate else None,
            "seconds_left": round(left / rate) if rate else None,
        }

    def _rate(self, run_id: str, seconds: float, finished: int) -> float:
        """Take note of a run's counts; return how many it finishes in a second, 0 if unknown."""
        if run_id != self._run_id:
            self._run_id = run_id
            self._counts.clear()
        if not self._counts or self._counts[-1][0] < seconds:
            self._counts.append((seconds, finished))
        while len(self._counts) > 2 and self._counts[1][0] < seconds - _RATE_SECONDS:
            self._counts.popleft()
        (start, before), (end, after) = self._counts[0], self._counts[-1]
        if end > start and after > before:
            return (after - before) / (end - start)
        return finished / seconds if seconds else 0.0
