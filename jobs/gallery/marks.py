"""The route by which a person says something of photos: favorites."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.gallery.media import Id
from jobs.gallery.of_request import check_not_read_only
from jobs.gallery.reader import library_reader
from jobs.gallery.router import Router

router = Router()
MOST_PHOTOS = 10_000


@router.post("/api/favorites")
def favorites(
    request: Request,
    photos: Annotated[list[Id], Body(max_length=MOST_PHOTOS)],
    favorite: Annotated[bool, Body()],
) -> Response:
    """Make photos favorites, or no longer: in the catalog, from where `query --favorite` reads."""
    check_not_read_only(request)
    number = library_reader(request).set_favorite(photos, favorite)
    return JSONResponse({"photos": number, "favorite": favorite})
