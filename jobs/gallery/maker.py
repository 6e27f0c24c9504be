"""Scenes of uploaded photos: one at a time, in the order they came, each in its own process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from jobs.gallery.cache import FileCache
from jobs.gallery.worker import PICTURE, SCENE, Request
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.tables import utc_now

MOST_WAITING = 8
MOST_KEPT = 20  # jobs that are over; older ones go with their files
_JOB_SECONDS = 1800
_STOP_SECONDS = 5
_UPLOADS = "uploads"  # folder of the library, for the photos that are kept from here
_UNSAFE = re.compile(r"[^\w .()+-]+")
_LONGEST_NAME = 80


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class KeepState(StrEnum):
    """Whether a photo is taken into the library."""

    NOT = "not"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Job:
    """One photo on its way to a scene."""

    job_id: str
    name: str  # of the photo, as it came
    photo: Path
    model: str
    focal_35mm: float | None
    created_at: datetime = field(default_factory=utc_now)
    state: JobState = JobState.WAITING
    step: str | None = None
    error: str | None = None
    hint: str | None = None
    result: dict[str, Any] | None = None
    keep: KeepState = KeepState.NOT
    keep_error: str | None = None

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.photo.parent

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens to it by itself."""
        return self.state not in (JobState.WAITING, JobState.RUNNING)

    def as_dict(self) -> dict[str, object]:
        """Return what its page shows."""
        return {
            "id": self.job_id,
            "name": self.name,
            "model": self.model,
            "state": self.state,
            "step": self.step,
            "error": self.error,
            "hint": self.hint,
            "keep": self.keep,
            "keep_error": self.keep_error,
            "photo_id": self.result["photo_id"] if self.result else None,
        }


class Maker:
    """The queue of jobs. For one event loop."""

    def __init__(self, library: Library, worker: str) -> None:
        """`worker` is the module whose process makes the scenes."""
        self._library = library
        self._worker = worker
        self._jobs: dict[str, Job] = {}
        self._waiting: asyncio.Queue[Job] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None
        self._arriving = 0  # uploads that are on their way

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work while this holds; then stop what is under way, and remove all files."""
        self._folder = Path(tempfile.mkdtemp(prefix="sharp-batch-gallery-"))
        task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def jobs(self) -> list[Job]:
        """Return all jobs, the newest first."""
        return list(reversed(self._jobs.values()))

    def job(self, job_id: str) -> Job | None:
        """Return a job, if there is one of that id."""
        return self._jobs.get(job_id)

    @property
    def is_full(self) -> bool:
        """Tell whether no more photos are taken for now."""
        waiting = sum(job.state is JobState.WAITING for job in self._jobs.values())
        return waiting + self._arriving >= MOST_WAITING

    @contextlib.contextmanager
    def arriving(self) -> Iterator[Path]:
        """Give an empty folder for an upload; it goes again where the upload fails.

        The upload has its place in the queue meanwhile.
        """
        if self._folder is None:
            raise RuntimeError("working() comes before arriving()")
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        self._arriving += 1
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._arriving -= 1

    def submit(self, photo: Path, name: str, model: str, focal_35mm: float | None) -> Job:
        """Put a photo in the queue. It lies in a folder of its own, which the job then owns."""
        job = Job(secrets.token_hex(16), name, photo, model, focal_35mm)
        self._jobs[job.job_id] = job
        self._waiting.put_nowait(job)
        for old in [job for job in self.jobs if job.is_over][MOST_KEPT:]:
            self.forget(old)
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job that waits or runs."""
        if job.state is JobState.RUNNING and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if not job.is_over:
            job.state = JobState.CANCELLED

    def forget(self, job: Job) -> None:
        """Remove a job that is over, with its files."""
        if job.is_over and job.keep is not KeepState.RUNNING:
            self._jobs.pop(job.job_id, None)
            shutil.rmtree(job.folder, ignore_errors=True)

    def keep(self, job: Job) -> None:
        """Take a job's photo into the library, by the library's own way. Raises UsageError."""
        if job.state is not JobState.DONE or job.keep in (KeepState.RUNNING, KeepState.DONE):
            raise UsageError("This photo cannot be kept, or is kept already.")
        self._uploads_folder()
        job.keep, job.keep_error = KeepState.RUNNING, None
        self._waiting.put_nowait(job)

    def scene_as(self, job: Job, format_name: str) -> Path:
        """Return a job's scene in a format. Raises PhotoError."""
        from pipeline.scenes.render_file import read_splat
        from sharp_core.formats.registry import write_scene

        master = job.folder / SCENE
        if format_name == "ply":
            return master

        def write(out: BinaryIO) -> None:
            stored = read_splat(master)
            write_scene(out, stored.gaussians, stored.info, format_name=format_name)

        return FileCache(job.folder, sys.maxsize).get(f"scene.{format_name}", write)

    def picture(self, job: Job) -> Path:
        """Return the large picture of a job's photo."""
        return job.folder / PICTURE

    async def _work(self) -> None:
        while True:
            job = await self._waiting.get()
            try:
                if job.state is JobState.WAITING:
                    await self._make(job)
                elif job.keep is KeepState.RUNNING:
                    await self._keep(job)
            except (OSError, UsageError) as error:  # the queue goes on
                job.step = None
                if job.keep is KeepState.RUNNING:
                    job.keep, job.keep_error = KeepState.FAILED, str(error)
                else:
                    job.state, job.error = JobState.FAILED, str(error)

    async def _make(self, job: Job) -> None:
        job.state = JobState.RUNNING
        last = await self._run(
            job, Request(str(job.photo), str(job.folder), job.model, job.focal_35mm)
        )
        if job.is_over:  # cancelled meanwhile
            return
        job.step = None
        if "result" in last:
            job.state, job.result = JobState.DONE, last["result"]
        else:
            job.state, job.error, job.hint = JobState.FAILED, last["error"], last["hint"]
            # The name of the upload means something to its owner, its place here does not.
            job.error = (job.error or "").replace(str(job.photo), job.name)

    async def _keep(self, job: Job) -> None:
        photo = await asyncio.to_thread(self._place, job)
        request = Request(
            str(photo),
            str(job.folder),
            job.model,
            job.focal_35mm,
            str(self._library),
            self._library.address.given,
        )
        last = await self._run(job, request)
        job.step = None
        report = last.get("result")
        if report and report["done"] + report["unchanged"] + report["duplicates"] > 0:
            job.keep = KeepState.DONE
            return
        job.keep, job.keep_error = KeepState.FAILED, last.get("error") or "It could not be kept."
        await asyncio.to_thread(photo.unlink, missing_ok=True)

    def _place(self, job: Job) -> Path:
        """Copy the photo to where the library keeps it, under a name that is free."""
        folder = self._uploads_folder()
        folder.mkdir(parents=True, exist_ok=True)
        name = Path(safe_name(job.name))
        for number in range(10_000):
            path = folder / (f"{name.stem} {number}{name.suffix}" if number else name.name)
            with contextlib.suppress(FileExistsError), path.open("xb") as out:
                out.write(job.photo.read_bytes())
                return path
        raise UsageError(f"too many photos are named {name}", "Give it another name.")

    def _uploads_folder(self) -> Path:
        """Return the library's folder of photos. Raises UsageError where it cannot have one."""
        if not isinstance(self._library.root, Path):
            raise UsageError(
                f"{self._library} holds no photos, only their scenes: an object store is no folder",
                "Put the photo among your own, then run 'sharp-batch ingest'.",
            )
        return self._library.root / _UPLOADS

    async def _run(self, job: Job, request: Request) -> dict[str, Any]:
        """Run the worker; return its last document, which is a result or an error."""
        last: dict[str, Any] = {"error": "the process that worked on it died", "hint": ""}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self._worker),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the gallery, which then stops the worker
        )
        self._process = process
        if job.state is JobState.CANCELLED:  # while the process began
            process.kill()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_JOB_SECONDS):
                process.stdin.write(request.as_json().encode())
                process.stdin.close()
                async for line in process.stdout:
                    document = json.loads(line)
                    if "step" in document:
                        job.step = document["step"]
                    else:
                        last = document
                await process.wait()
        except TimeoutError:
            last = {"error": "it took longer than half an hour, and was stopped", "hint": ""}
        except ValueError:  # a line is no JSON, or has no end
            last = {"error": "the process that worked on it went wrong", "hint": ""}
        finally:
            self._process = None
            await _end(process)
        return last


def safe_name(name: str) -> str:
    """Return a file's name without folders, and without letters that file systems mind."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    path = Path(plain or "photo")
    return f"{path.stem[:_LONGEST_NAME]}{path.suffix[:10]}"


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a worker that still runs: well if it can, since it may hold the library."""
    if process.returncode is not None:
        return
    for signal in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            signal()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            return
