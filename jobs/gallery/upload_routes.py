"""Routes of uploads: receive a photo, follow its job, show its scene, add it to the library.

The body of the POST is the photo itself: there is no form to parse, and its size is limited.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from jobs.console.output import time_text
from jobs.gallery.derived import DerivedKind, FileRequest
from jobs.gallery.downloads import exports_of, made_downloads
from jobs.gallery.media import Id, is_viewer_built, send_derived
from jobs.gallery.of_request import check_not_read_only
from jobs.gallery.photo_facts import Fact, focal_text, metres_text
from jobs.gallery.rendering import known_sentences, render
from jobs.gallery.router import Router
from jobs.gallery.send_file import send_file
from jobs.gallery.texts import Figures, Message
from jobs.gallery.upload_job import Job, JobState, KeepState, upload_file_name
from jobs.gallery.upload_queue import UploadQueue
from pipeline.scan.media_type import HEADER_BYTES, media_type
from pipeline.scan.name_rules import PHOTO_SUFFIXES
from schemas.records import FocalSource, MediaType
from schemas.setting_fields import setting_field
from schemas.settings import PhotoSettings
from sharp_core.models.entry import ModelEntry
from sharp_core.models.registry import MODELS

router = Router()
LARGEST_UPLOAD = 200_000_000  # bytes: larger than every camera's RAW files
# A local upload takes a second. The limit keeps a slow one from holding its place in the queue.
UPLOAD_SECONDS = 120.0
_NO_PHOTO = frozenset({MediaType.UNKNOWN, MediaType.UNREAD, MediaType.GIF})


def _queue(request: Request) -> UploadQueue:
    check_not_read_only(request)
    queue: UploadQueue = request.app.state.queue
    return queue


def _job(queue: Annotated[UploadQueue, Depends(_queue)], job_id: Id) -> Job:
    job = queue.job(job_id)
    if job is None:
        raise HTTPException(404, "This scene was removed: only the newest ones are kept.")
    return job


TheQueue = Annotated[UploadQueue, Depends(_queue)]
TheJob = Annotated[Job, Depends(_job)]


@router.read("/make")
async def make_page(request: Request, queue: TheQueue) -> Response:
    """Show the upload form and the queue."""
    ready: list[ModelEntry] = []
    missing: list[ModelEntry] = []
    for model in MODELS:
        is_ready = model.weights is None or (
            await asyncio.to_thread(model.weights.source.get().find_checkpoint) is not None
        )
        (ready if is_ready else missing).append(model)
    return render(
        request,
        "make.html",
        ready=ready,
        missing=missing,
        suffixes=sorted(PHOTO_SUFFIXES),
        largest=LARGEST_UPLOAD,
        focal_35mm=setting_field(PhotoSettings, "focal_35mm").setting,
    )


@router.read("/api/jobs")
async def jobs(request: Request, queue: TheQueue) -> Response:
    """Return all jobs, the newest first."""
    return JSONResponse([_told(request, job) for job in queue.jobs])


@router.post("/api/jobs")
async def submit(
    request: Request,
    queue: TheQueue,
    name: Annotated[str, Query(max_length=500)],
    model: str,
    focal_35mm: Annotated[float | None, Query(gt=0, allow_inf_nan=False)] = None,
) -> Response:
    """Receive a photo and put it in the queue."""
    MODELS.get(model)  # raises UsageError if there is no such model
    PhotoSettings(focal_35mm)  # raises UsageError if it is not a valid focal length
    if queue.is_full:
        raise HTTPException(429, "The queue is full. Wait until a scene is finished.")
    if int(request.headers.get("content-length") or 0) > LARGEST_UPLOAD:
        raise HTTPException(413, f"Photos may have up to {LARGEST_UPLOAD // 1_000_000} MB.")
    shown = Path(unquote(name).replace("\\", "/")).name or "photo"
    try:
        with queue.arriving() as folder:
            photo = folder / f"photo{Path(upload_file_name(shown)).suffix}"
            async with asyncio.timeout(UPLOAD_SECONDS):
                await _receive(request, photo)
    except TimeoutError as error:
        raise HTTPException(408, "The upload was too slow.") from error
    except ClientDisconnect:
        return Response(status_code=400)
    job = queue.submit(photo, shown, model, focal_35mm)
    return JSONResponse(_told(request, job), 202)


@router.post("/api/jobs/{job_id}/cancel")
async def cancel(request: Request, queue: TheQueue, job: TheJob) -> Response:
    """Stop a job, or remove a finished one."""
    if job.is_over and job.keep is not KeepState.WAITING:
        queue.forget(job)
    else:
        queue.cancel(job)
    return JSONResponse(_told(request, job))


@router.post("/api/jobs/{job_id}/keep")
async def keep(request: Request, queue: TheQueue, job: TheJob) -> Response:
    """Add the photo to the library."""
    queue.keep(job)
    return JSONResponse(_told(request, job), 202)


@router.read("/made/{job_id}")
def made(request: Request, job: TheJob) -> Response:
    """Show the scene of an uploaded photo."""
    result = _result(job)
    facts = [
        Fact("Photo", f"{result['width']} × {result['height']}"),  # noqa: RUF001
        Fact(
            "Focal length",
            focal_text(result["focal_px"], result["width"], result["height"]),
            result["focal_warning"] or FocalSource.explain(result["focal_source"]),
        ),
        Fact(
            "Depth",
            Message(
                "{near} to {far}",
                near=metres_text(result["depth_near_m"]),
                far=metres_text(result["depth_far_m"]),
            ),
        ),
        Fact("Model", job.model),
        Fact("Made in", Figures(time_text(result["seconds"]))),
    ]
    return render(
        request,
        "made.html",
        job=job,
        result=result,
        facts=facts,
        downloads=made_downloads(f"/made/{job.job_id}"),
        exports=exports_of(f"/made/{job.job_id}"),
        is_viewer_built=is_viewer_built(),
    )


@router.read("/made/{job_id}/scene.{format_name}")
async def made_scene(
    request: Request, queue: TheQueue, job: TheJob, format_name: str, download: bool = False
) -> Response:
    """Send the scene of an uploaded photo."""
    asked = FileRequest(DerivedKind.SPLAT, _result(job)["scene_id"], format_name)
    return await _send(request, queue, job, asked, is_download=download)


@router.read("/made/{job_id}/page.html")
async def made_page(request: Request, queue: TheQueue, job: TheJob) -> Response:
    """Send the scene of an uploaded photo as one HTML file."""
    asked = FileRequest(DerivedKind.PAGE, _result(job)["scene_id"])
    return await _send(request, queue, job, asked)


@router.read("/made/{job_id}/exports/{kind}")
async def made_export(request: Request, queue: TheQueue, job: TheJob, kind: str) -> Response:
    """Send an export of the scene of an uploaded photo."""
    asked = FileRequest(DerivedKind.EXPORT, _result(job)["photo_id"], kind)
    return await _send(request, queue, job, asked)


def _told(request: Request, job: Job) -> dict[str, object]:
    """Return a job as JSON for the page, with its messages in the request's language."""
    return known_sentences(request, job.as_dict(), ("error", "hint", "keep_error"))


async def _send(
    request: Request, queue: UploadQueue, job: Job, asked: FileRequest, *, is_download: bool = True
) -> Response:
    reader = await run_in_threadpool(queue.reader, job)
    stem = Path(job.name).stem
    return await send_derived(request, reader, asked, is_download=is_download, stem=stem)


@router.read("/made/{job_id}/picture.webp")
def made_image(request: Request, queue: TheQueue, job: TheJob) -> Response:
    """Send an uploaded photo as a large image."""
    _result(job)
    return send_file(request, queue.image(job))


async def _receive(request: Request, photo: Path) -> None:
    """Write the body to a file. Raises HTTPException if it is too large or not a photo."""
    size = 0
    head = b""
    with photo.open("xb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST_UPLOAD:
                raise HTTPException(413, f"Photos may have up to {LARGEST_UPLOAD // 1_000_000} MB.")
            if len(head) < HEADER_BYTES:
                head += chunk
                if len(head) >= HEADER_BYTES:
                    _check_kind(head, photo)
            await asyncio.to_thread(file.write, chunk)
    _check_kind(head, photo)


def _check_kind(head: bytes, photo: Path) -> None:
    if media_type(head[:HEADER_BYTES], photo.suffix) in _NO_PHOTO:
        raise HTTPException(415, "This file is not a photo, or its format is not supported.")


def _result(job: Job) -> dict[str, Any]:
    if job.state is not JobState.DONE or job.result is None:
        raise HTTPException(404, "This scene is not finished.")
    return job.result
