"""The gallery as an ASGI app: routes, middleware and error pages over one library."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from jobs.gallery import (
    browse,
    live_routes,
    maker_routes,
    marks,
    media,
    metrics,
    pages,
    places,
    shared,
    sharing,
    slideshow,
    upload_routes,
    zip_routes,
)
from jobs.gallery.answer_errors import answer_error
from jobs.gallery.library_maker import LibraryMaker
from jobs.gallery.live import LiveLibrary
from jobs.gallery.metrics import metrics_registry
from jobs.gallery.reader import LibraryReader
from jobs.gallery.rendering import known_text, render
from jobs.gallery.security import LOCAL_ONLY, SHARED, AccessMiddleware, AccessPolicy
from jobs.gallery.texts import Message, sentence
from jobs.gallery.upload_queue import UploadQueue
from jobs.gallery.workshop import Workshop
from jobs.gallery.zip_orders import ZipOrders
from pipeline.library import Library
from schemas.errors import SharpBatchError

PICTURES_AT_ONCE = 2  # decoding a photo takes up to a gigabyte of memory
_COMPRESSED = ("/api/", "/static/", "/viewer/")


@dataclass(frozen=True, slots=True)
class GallerySettings:
    """The library to show, the folder for cached files, and who may access the gallery."""

    library: Library
    cache: Path
    access: AccessPolicy = LOCAL_ONLY
    read_only: bool = False
    worker: str = "jobs.gallery.worker"  # the module that makes scenes of uploads
    authority: Path | None = None  # certificate of the local authority, for devices to trust


def make_gallery_app(settings: GallerySettings) -> FastAPI:
    """Return the app over a library. Raises UsageError, StoreError where there is none to open."""
    reader = LibraryReader(settings.library, settings.cache)
    workshop = Workshop()
    live = LiveLibrary(reader)
    queue = maker = None
    if not settings.read_only:
        queue = UploadQueue(settings.library, settings.worker)
        maker = LibraryMaker(settings.library, settings.worker, live.tell)
        live.making = maker.as_dict

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with contextlib.AsyncExitStack() as stack:
                if queue is not None and maker is not None:
                    await stack.enter_async_context(queue.working())
                    await stack.enter_async_context(maker.working())
                yield
        finally:
            await live.close()
            await workshop.close()
            reader.close()

    app = FastAPI(
        title="sharp-batch gallery",
        lifespan=lifespan,
        docs_url=None,  # the documentation's page loads scripts from another host
        redoc_url=None,
        openapi_url=None,
    )
    app.state.reader, app.state.workshop = reader, workshop
    app.state.queue, app.state.maker, app.state.live = queue, maker, live
    app.state.zips = ZipOrders()
    app.state.authority = settings.authority
    app.state.access = settings.access
    app.state.pictures = CapacityLimiter(PICTURES_AT_ONCE)
    app.state.metrics = metrics_registry(settings.library)
    for routes in (
        *(pages, media, marks, places, browse, slideshow),
        *(upload_routes, maker_routes, live_routes, zip_routes, metrics),
        *(sharing, shared),
    ):
        app.include_router(routes.router)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(SharpBatchError, _known_error)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(RequestValidationError, _wrong_address)
    app.add_middleware(_TextCompression)
    app.add_middleware(AccessMiddleware, access=settings.access)
    return app


class _TextCompression:
    """Compresses scripts and JSON. Images and splats are compressed, and need byte ranges."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_text = scope["type"] == "http" and scope["path"].startswith(_COMPRESSED)
        await (self._compressed if is_text else self._app)(scope, receive, send)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = str(error.detail)
    if message == HTTPStatus(error.status_code).phrase:  # of a route that there is not
        message = Message("There is no such page in this gallery.")
    return _error_response(request, error.status_code, message, getattr(error, "hint", ""))


def _wrong_address(request: Request, _error: Exception) -> Response:
    return _error_response(request, 400, Message("This address is not valid in the gallery."), "")


def _known_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SharpBatchError)
    answer = answer_error(error)
    return _error_response(request, answer.status_code, answer.detail, answer.hint)


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


def _error_response(request: Request, status: int, message: str, hint: str) -> Response:
    """Return an HTML page for browsers, and JSON for other clients, in the request's language."""
    is_visitor = request.url.path.startswith(SHARED)
    if is_visitor:  # they learn nothing of the library
        message, hint = message if message in shared.FOR_VISITORS else shared.OTHERWISE, ""
    message, hint = sentence(known_text(request, message)), sentence(known_text(request, hint))
    if "text/html" in request.headers.get("accept", ""):
        if is_visitor:
            return render(request, "shared_message.html", status, message=message)
        return render(request, "message.html", status, message=message, hint=hint)
    return JSONResponse({"error": message, "hint": hint or None}, status)
