"""Routes that answer HEAD wherever they answer GET."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter

_Route = TypeVar("_Route", bound=Callable[..., object])


class Router(APIRouter):
    """An APIRouter whose GET routes answer HEAD too, as HTTP asks of every server."""

    def read(self, path: str) -> Callable[[_Route], _Route]:
        """Add a route for GET and HEAD."""
        return self.api_route(path, methods=["GET", "HEAD"])
