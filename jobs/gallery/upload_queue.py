"""The queue of uploaded photos: scenes are made one at a time, in order, each in a new process."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from jobs.gallery.reader import LibraryReader
from jobs.gallery.texts import Message
from jobs.gallery.upload_job import Job, JobState, KeepState, upload_file_name
from jobs.gallery.worker import IMAGE, OWN_LIBRARY, WorkerRequest
from jobs.gallery.worker_process import run_worker, try_again_seconds
from pipeline.library import Library
from pipeline.store.layout import UPLOADS
from schemas.errors import UsageError

MOST_WAITING = 8
MOST_KEPT = 20  # finished jobs; older ones are removed with their files
_JOB_SECONDS = 1800
_NOT_ADDED = Message("The photo could not be added to the library.")
_KEEPING = (KeepState.WAITING, KeepState.RUNNING)


class UploadQueue:
    """The queue of jobs. It belongs to one event loop."""

    def __init__(self, library: Library, worker: str) -> None:
        """`worker` is the module that each process runs."""
        self._library = library
        self._worker = worker
        self._jobs: dict[str, Job] = {}
        self._waiting: asyncio.Queue[Job] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None
        self._arriving = 0  # uploads in progress

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Process jobs inside this context; on exit stop the current job and remove all files."""
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
        """Return the job with this id, or None."""
        return self._jobs.get(job_id)

    @property
    def is_full(self) -> bool:
        """Return whether the queue refuses more photos for now."""
        waiting = sum(job.state is JobState.WAITING for job in self._jobs.values())
        return waiting + self._arriving >= MOST_WAITING

    @contextlib.contextmanager
    def arriving(self) -> Iterator[Path]:
        """Yield an empty folder for an upload, and remove it if the upload fails.

        Inside this context the upload counts as waiting.
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
        """Put a photo in the queue. The job owns the folder of the photo from now on."""
        job = Job(secrets.token_hex(16), name, photo, model, focal_35mm)
        self._jobs[job.job_id] = job
        self._waiting.put_nowait(job)
        for old in [job for job in self.jobs if job.is_over][MOST_KEPT:]:
            self.forget(old)
        return job

    def cancel(self, job: Job) -> None:
        """Stop a waiting or running job, or one that waits to be added to the library."""
        if job.state is JobState.RUNNING and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if not job.is_over:
            job.state = JobState.CANCELLED
        if job.keep is KeepState.WAITING:
            job.keep, job.keep_error = KeepState.NOT, None

    def forget(self, job: Job) -> None:
        """Remove a finished job, with its files."""
        if job.is_over and job.keep not in _KEEPING:
            self._jobs.pop(job.job_id, None)
            shutil.rmtree(job.folder, ignore_errors=True)

    def keep(self, job: Job) -> None:
        """Add the photo of a job to the library, by an ingest. Raises UsageError."""
        if job.state is not JobState.DONE or job.keep in (*_KEEPING, KeepState.DONE):
            raise UsageError("This photo cannot be added to the library, or is in it already.")
        self._uploads_folder()
        job.keep, job.keep_error, job.keep_tries = KeepState.RUNNING, None, 0
        self._waiting.put_nowait(job)

    def reader(self, job: Job) -> LibraryReader:
        """Return the reader of a finished job's own library."""
        return LibraryReader(Library.resolve(job.folder / OWN_LIBRARY), job.folder / "cache")

    def image(self, job: Job) -> Path:
        """Return the photo of a job as a large image."""
        return job.folder / IMAGE

    async def _work(self) -> None:
        while True:
            job = await self._waiting.get()
            try:
                if job.state is JobState.WAITING:
                    await self._make(job)
                elif job.keep in _KEEPING:
                    await self._keep(job)
            except (OSError, UsageError) as error:  # the queue continues
                job.step = None
                if job.keep in _KEEPING:
                    job.keep, job.keep_error = KeepState.FAILED, str(error)
                else:
                    job.state, job.error = JobState.FAILED, str(error)

    async def _make(self, job: Job) -> None:
        job.state = JobState.RUNNING
        last = await self._run(
            job, WorkerRequest(str(job.photo), str(job.folder), job.model, job.focal_35mm)
        )
        if job.is_over:  # cancelled in the meantime
            return
        job.step = None
        if "result" in last:
            job.state, job.result = JobState.DONE, last["result"]
        else:
            job.state, job.error, job.hint = JobState.FAILED, last["error"], last["hint"]
            # Show the name of the upload, not the path of its temporary copy.
            job.error = (job.error or "").replace(str(job.photo), job.name)

    async def _keep(self, job: Job) -> None:
        job.keep = KeepState.RUNNING
        photo = await asyncio.to_thread(self._place, job)
        request = WorkerRequest(
            str(photo),
            str(job.folder),
            job.model,
            job.focal_35mm,
            str(self._library),
            self._library.catalog_address.given,
        )
        last = await self._run(job, request)
        job.step = None
        report = last.get("result")
        if report and report["done"] + report["unchanged"] + report["duplicates"] > 0:
            job.keep = KeepState.DONE
            return
        await asyncio.to_thread(photo.unlink, missing_ok=True)
        if last.get("busy"):
            self._try_again(job, last["error"])
            return
        job.keep = KeepState.FAILED
        job.keep_error = last.get("error") or _NOT_ADDED

    def _try_again(self, job: Job, holder: str) -> None:
        """Add the photo later: a run holds the library. Other jobs do not wait for it."""
        job.keep, job.keep_error = KeepState.WAITING, holder
        job.keep_tries += 1
        delay = try_again_seconds(job.keep_tries)
        asyncio.get_running_loop().call_later(delay, self._waiting.put_nowait, job)

    def _place(self, job: Job) -> Path:
        """Copy the photo to the library's folder for uploads, under an unused name."""
        folder = self._uploads_folder()
        folder.mkdir(parents=True, exist_ok=True)
        name = Path(upload_file_name(job.name))
        for number in range(10_000):
            path = folder / (f"{name.stem} {number}{name.suffix}" if number else name.name)
            with contextlib.suppress(FileExistsError), path.open("xb") as out:
                out.write(job.photo.read_bytes())
                return path
        raise UsageError(f"too many photos are named {name}", "Give it another name.")

    def _uploads_folder(self) -> Path:
        """Return the library's folder for uploads. Raises UsageError if it cannot have one."""
        if not isinstance(self._library.root, Path):
            raise UsageError(
                f"{self._library} holds no photos, only scenes: it is an object store",
                "Copy the photo to your own photo folder, then run 'sharp-batch ingest'.",
            )
        return self._library.root / UPLOADS

    async def _run(self, job: Job, request: WorkerRequest) -> dict[str, Any]:
        """Run the worker. Returns its last document, a result or an error."""

        def begun(process: asyncio.subprocess.Process) -> None:
            self._process = process
            if job.state is JobState.CANCELLED:  # while the process started
                process.kill()

        def tell(step: str) -> None:
            job.step = step

        try:
            return await run_worker(self._worker, request.as_json(), _JOB_SECONDS, begun, tell)
        finally:
            self._process = None
