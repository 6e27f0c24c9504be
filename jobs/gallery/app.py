"""The gallery as an ASGI app: its pages, its files, and what it says when something is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from jobs.gallery import media, pages, upload_routes
from jobs.gallery.maker import Maker
from jobs.gallery.reader import Shelf
from jobs.gallery.rendering import render
from jobs.gallery.security import ONLY_HERE, Access, Guard
from pipeline.library import Library
from schemas.errors import ExitCode, PhotoError, SharpBatchError, UsageError

_COMPRESSED = ("/api/", "/static/", "/viewer/")


@dataclass(frozen=True, slots=True)
class GallerySettings:
    """What the gallery shows, where it keeps what it makes in passing, and who may ask."""

    library: Library
    cache: Path
    access: Access = ONLY_HERE
    read_only: bool = False
    worker: str = "jobs.gallery.worker"  # the module that makes scenes of uploads


def make_app(settings: GallerySettings) -> FastAPI:
    """Return the app over a library. Raises UsageError, StoreError where there is none to open."""
    shelf = Shelf(settings.library, settings.cache)
    maker = None
    if not settings.read_only:
        maker = Maker(settings.library, settings.worker)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            if maker is None:
                yield
            else:
                async with maker.working():
                    yield
        finally:
            shelf.close()

    app = FastAPI(
        title="sharp-batch gallery",
        lifespan=lifespan,
        docs_url=None,  # the documentation's page loads scripts from another host
        redoc_url=None,
        openapi_url=None,
    )
    app.state.shelf, app.state.maker = shelf, maker
    for routes in (pages, media, upload_routes):
        app.include_router(routes.router)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(SharpBatchError, _known_error)
    app.add_exception_handler(RequestValidationError, _wrong_address)
    app.add_middleware(_TextCompression)
    app.add_middleware(Guard, access=settings.access)
    return app


class _TextCompression:
    """Compresses scripts and lists. Pictures and splats are compressed, and need their ranges."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_text = scope["type"] == "http" and scope["path"].startswith(_COMPRESSED)
        await (self._compressed if is_text else self._app)(scope, receive, send)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _say(request, error.status_code, str(error.detail), "")


def _wrong_address(request: Request, _error: Exception) -> Response:
    return _say(request, 400, "This address makes no sense here.", "")


def _known_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SharpBatchError)
    if isinstance(error, UsageError):
        status = 400
    elif isinstance(error, PhotoError):
        status = 422
    else:
        status = 503 if error.exit_code is ExitCode.LIBRARY_BUSY else 500
    return _say(request, status, error.message, error.hint)


def _say(request: Request, status: int, message: str, hint: str) -> Response:
    """Answer with a page for people, and with JSON for everything else."""
    if "text/html" in request.headers.get("accept", ""):
        return render(request, "message.html", status, message=message, hint=hint)
    return JSONResponse({"error": message, "hint": hint or None}, status)
