"""Routes by which the owner shares photos by links, sees the links, and revokes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Body
from fastapi import Path as PathParameter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.gallery.address import read_view
from jobs.gallery.date_texts import day_text
from jobs.gallery.marks import MOST_PHOTOS
from jobs.gallery.media import Id
from jobs.gallery.of_request import check_not_read_only
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import render
from jobs.gallery.router import Router
from jobs.gallery.security import SHARED, AccessPolicy
from pipeline.catalog.query import find_photo_ids
from pipeline.catalog.shares import (
    MOST_SHARED,
    add_share,
    list_shares,
    revoke_shares,
    shared_photo_ids,
)
from schemas.errors import UsageError
from schemas.records import PhotoState
from schemas.tables import utc_now

router = Router()
LONGEST_DAYS = 3650
ShareId = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{12}$")]


@router.read("/shares")
def shares(request: Request) -> Response:
    """List the links."""
    with library_reader(request).catalog() as connection:
        found = list_shares(connection)
    return render(request, "shares.html", shares=found, day=day_text)


@router.post("/api/shares")
def add(
    request: Request,
    title: Annotated[str, Body(max_length=200)],
    photos: Annotated[list[Id], Body(max_length=MOST_PHOTOS)] = [],  # noqa: B006 - never changed
    view: Annotated[str | None, Body(max_length=5000)] = None,
    downloads: Annotated[bool, Body()] = False,
    days: Annotated[int | None, Body(ge=1, le=LONGEST_DAYS)] = None,
) -> Response:
    """Share photos, or those of a view, which is named by the query of its address.

    The answer holds the only copy of the link's token.
    """
    check_not_read_only(request)
    reader = library_reader(request)
    if view is not None:
        filters = read_view(dict(parse_qsl(view.removeprefix("?")))).of_state(PhotoState.DONE)
        with reader.catalog() as connection:
            photos = sorted(find_photo_ids(connection, filters))
    if len(photos) > MOST_SHARED:
        raise UsageError(
            f"a link shows at most {MOST_SHARED} photos, and these are {len(photos)}",
            "Choose fewer with a search or a filter.",
        )
    expires_at = utc_now() + timedelta(days=days) if days else None
    with reader.note() as connection:
        share, token = add_share(
            connection, photos, title.strip(), downloads=downloads, expires_at=expires_at
        )
        number = len(shared_photo_ids(connection, share.share_id))
        if not number:  # the transaction is undone
            raise HTTPException(
                400, "Photos without a scene, hidden ones and those in the trash are not shared."
            )
    access: AccessPolicy = request.app.state.access
    return JSONResponse(
        {
            "share": share.share_id,
            "link": f"{SHARED}{token}/",
            "photos": number,
            "host": access.shown_name,  # for a page that was opened as localhost
            "is_local": access.is_local,
        }
    )


@router.post("/api/shares/{share_id}/revoke")
def revoke(request: Request, share_id: ShareId) -> Response:
    """End a link at once."""
    check_not_read_only(request)
    with library_reader(request).note() as connection:
        if not revoke_shares(connection, [share_id]):
            raise HTTPException(404, "There is no such link.")
    return JSONResponse({"share": share_id})
