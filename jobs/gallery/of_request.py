"""What routes ask of a request: which client it comes from, and whether it may change anything."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request


def client_of(request: Request) -> str:
    """Return the address of the client; "" where the server does not know it."""
    return request.client.host if request.client else ""


def is_read_only(request: Request) -> bool:
    """Tell whether the gallery changes nothing."""
    return request.app.state.queue is None


def check_not_read_only(request: Request) -> None:
    """Raise HTTPException 403 where the gallery changes nothing."""
    if is_read_only(request):
        raise HTTPException(403, "This gallery is read-only.")
