"""The route of the events that open pages are told."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from jobs.gallery.live import LiveLibrary
from jobs.gallery.of_request import client_of
from jobs.gallery.router import Router

router = Router()


@router.get("/live")
async def live(request: Request) -> Response:
    """Tell an open page what happens, as server-sent events."""
    library: LiveLibrary = request.app.state.live
    events = library.open_page(client_of(request))
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")
