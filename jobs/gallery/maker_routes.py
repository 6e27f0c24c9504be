"""Routes by which people have scenes made of photos that the library knows."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.gallery.library_maker import MOST_PHOTOS, LibraryMaker
from jobs.gallery.media import Id
from jobs.gallery.of_request import check_not_read_only
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import known_sentences
from jobs.gallery.router import Router
from pipeline.catalog.group_rows import without_scene

router = Router()


def _maker(request: Request) -> LibraryMaker:
    check_not_read_only(request)
    maker: LibraryMaker = request.app.state.maker
    return maker


TheMaker = Annotated[LibraryMaker, Depends(_maker)]


@router.read("/api/make")
async def making(request: Request, maker: TheMaker) -> Response:
    """Tell how what was asked for last goes, or how it ended."""
    return JSONResponse(_told(request, maker))


@router.post("/api/make")
async def make(
    request: Request,
    maker: TheMaker,
    photos: Annotated[list[Id], Body(embed=True, min_length=1, max_length=MOST_PHOTOS)],
) -> Response:
    """Make scenes of photos that failed or wait; open pages are told how it goes."""
    maker.ask(photos)
    return JSONResponse(_told(request, maker), 202)


@router.post("/api/make-missing")
async def make_missing(
    request: Request,
    maker: TheMaker,
    photos: Annotated[list[Id], Body(embed=True, min_length=1, max_length=MOST_PHOTOS)],
) -> Response:
    """Make the scenes that photos, and the other photos of their moments, do not have yet.

    The answer has the number of these; scenes that are there are left as they are.
    """
    reader = library_reader(request)

    def read() -> list[str]:
        with reader.catalog() as connection:
            return without_scene(connection, photos)

    missing = (await run_in_threadpool(read))[:MOST_PHOTOS]  # moments may hold more
    if missing:
        maker.ask(missing)
    return JSONResponse({"photos": len(missing), "making": _told(request, maker)}, 202)


@router.post("/api/make/stop")
async def stop(request: Request, maker: TheMaker) -> Response:
    """Stop what was asked for; finished scenes stay."""
    maker.stop()
    return JSONResponse(_told(request, maker))


def _told(request: Request, maker: LibraryMaker) -> dict[str, Any] | None:
    """Return what was asked for last as JSON for a page, with messages in its language."""
    making = maker.as_dict()
    return making and known_sentences(request, making, ("error", "hint"))
