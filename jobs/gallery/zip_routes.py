"""Routes of downloads of many photos as one ZIP, and what can be downloaded of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Body
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from jobs.gallery.downloads import zip_choices
from jobs.gallery.media import Id
from jobs.gallery.of_request import client_of
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import language_for
from jobs.gallery.router import Router
from jobs.gallery.send_file import attachment
from jobs.gallery.texts import translate
from jobs.gallery.zip_orders import MOST_PHOTOS, ZipOrder, ZipOrders, parse_what, zip_entries
from jobs.gallery.zip_stream import zip_stream

router = Router()


@router.read("/api/zip-choices")
def choices(request: Request) -> Response:
    """Return what can be downloaded of many photos: groups of values and labels."""
    language = language_for(request)
    found = [
        {
            "name": translate(language, group.name),
            "choices": [
                {"value": one.value, "label": translate(language, one.label)}
                for one in group.choices
            ],
        }
        for group in zip_choices()
    ]
    return JSONResponse(found)


@router.post("/api/zips")
async def order(
    request: Request,
    photos: Annotated[list[Id], Body(min_length=1, max_length=MOST_PHOTOS)],
    what: Annotated[str, Body(max_length=60)],
) -> Response:
    """Take an order; its `href` is the download."""
    orders: ZipOrders = request.app.state.zips
    client = client_of(request)
    orders.check_room(client)
    kind, form = await run_in_threadpool(parse_what, what)
    language = language_for(request)
    key = orders.add(ZipOrder(tuple(dict.fromkeys(photos)), kind, form, client, language))
    return JSONResponse({"href": f"/zips/{key}"}, 201)


@router.get("/zips/{key}")
async def download(request: Request, key: Id) -> Response:
    """Send the archive of an order, while it is built."""
    orders: ZipOrders = request.app.state.zips
    order, reader = orders.get(key), library_reader(request)
    limiter: CapacityLimiter = orders.limiter
    entries = zip_entries(order, reader, request.app.state.workshop, limiter)
    headers = {
        "content-disposition": attachment(f"{reader.name}.zip"),
        "cache-control": "no-store",
    }
    return _Archive(
        orders, client_of(request), zip_stream(entries, limiter), headers, "application/zip"
    )


class _Archive(StreamingResponse):
    """An archive that is counted while it is sent, and refused where too many are."""

    def __init__(
        self,
        orders: ZipOrders,
        client: str,
        stream: AsyncIterator[bytes],
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        super().__init__(stream, headers=headers, media_type=media_type)
        self._orders = orders
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._orders.sending(self._client):
            await super().__call__(scope, receive, send)
