"""The workshop: a few worker processes make derived files, while the server answers other requests.

A file that several clients ask for is made once. When all of them are gone, its process is stopped.
An idle process is kept for a while, since it takes seconds to start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jobs.gallery.answer_errors import AnswerError
from jobs.gallery.file_worker import FileJob

AT_ONCE = 2  # each takes up to a gigabyte of memory
MOST_FILES = 40  # being made or waiting
MOST_OF_CLIENT = 20
_JOB_SECONDS = 900
_IDLE_SECONDS = 120
_MODULE = "jobs.gallery.file_worker"
_STOPPING = "The gallery is stopping."
_OWN_WORK = "the gallery itself"  # in place of a client
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Work:
    """A file that is being made, and how many clients wait for it."""

    task: asyncio.Task[None]
    clients: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker process that is idle, or makes one file."""

    process: asyncio.subprocess.Process
    idle_timer: asyncio.TimerHandle | None = None

    async def make(self, job: FileJob) -> dict[str, Any]:
        """Return the process's answer; an error where it died."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(ConnectionError, ValueError):
            self.process.stdin.write(job.as_line())
            await self.process.stdin.drain()
            answer = json.loads(await self.process.stdout.readline())
            if isinstance(answer, dict):
                return answer
        raise AnswerError(500, "The process that makes this file has died.")


@dataclass(slots=True)
class Workshop:
    """The processes of one server. All methods belong to its event loop."""

    _work: dict[FileJob, _Work] = field(default_factory=dict)
    _workers: set[_Worker] = field(default_factory=set)
    _idle: list[_Worker] = field(default_factory=list)
    _of_client: Counter[str] = field(default_factory=Counter)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _later: set[asyncio.Task[None]] = field(default_factory=set)
    _is_closed: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether everything is refused, since the server stops."""
        return self._is_closed

    async def make(self, job: FileJob, client: str) -> None:
        """Make a file; cancelling this stops the work, if nobody else waits for it.

        Raises AnswerError with what went wrong, 429 where the client has asked for too much, and
        503 where all have, or the server stops.
        """
        if self._is_closed:
            raise AnswerError(503, _STOPPING)
        if self._of_client[client] >= MOST_OF_CLIENT:
            raise AnswerError(429, "You have asked for many files at once.", "Wait for some.")
        work = self._work.get(job)
        if work is None:
            if len(self._work) >= MOST_FILES:
                raise AnswerError(503, "Too many files are being made.", "Try again later.")
            work = self._work[job] = _Work(asyncio.create_task(self._make(job)))
        work.clients += 1
        self._of_client[client] += 1
        try:
            await asyncio.shield(work.task)
        except asyncio.CancelledError:
            if self._is_closed:
                raise AnswerError(503, _STOPPING) from None
            raise
        finally:
            self._of_client -= Counter([client])
            work.clients -= 1
            if work.clients == 0:
                if self._work.get(job) is work:
                    del self._work[job]
                work.task.cancel()

    def make_later(self, job: FileJob) -> None:
        """Make a file that nobody waits for, unless there is other work. Errors are passed over.

        The next request finds it, or asks for it again.
        """
        if self._is_closed or self._work:
            return
        task = asyncio.create_task(self.make(job, _OWN_WORK))
        self._later.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._later.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.info("A level of detail was not made: %s", error)

    async def close(self) -> None:
        """Stop all processes. What is asked for after that is refused."""
        self._is_closed = True
        tasks = [work.task for work in self._work.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for worker in list(self._workers):
            await self._end(worker)

    async def _make(self, job: FileJob) -> None:
        async with self._turns:
            worker = self._idle.pop() if self._idle else await self._start()
            if worker.idle_timer is not None:
                worker.idle_timer.cancel()
            try:
                async with asyncio.timeout(_JOB_SECONDS):
                    answer = await worker.make(job)
            except TimeoutError:
                await self._end(worker)
                raise AnswerError(
                    500, "This file was not finished in a quarter of an hour."
                ) from None
            except BaseException:
                await asyncio.shield(self._end(worker))
                raise
            self._keep(worker)
        if answer:
            raise AnswerError(answer["status"], answer["error"], answer["hint"])

    async def _start(self) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C stops the gallery, and the gallery stops its workers
        )
        worker = _Worker(process)
        self._workers.add(worker)
        return worker

    def _keep(self, worker: _Worker) -> None:
        self._idle.append(worker)
        loop = asyncio.get_running_loop()
        worker.idle_timer = loop.call_later(_IDLE_SECONDS, self._retire, worker)

    def _retire(self, worker: _Worker) -> None:
        """End an idle process: it reads the end of its input."""
        if worker in self._idle:
            self._idle.remove(worker)
            assert worker.process.stdin is not None
            worker.process.stdin.close()

    async def _end(self, worker: _Worker) -> None:
        """Stop a process at once: whatever it writes has a temporary name."""
        self._workers.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.idle_timer is not None:
            worker.idle_timer.cancel()
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()
