"""Rendering a scene from any camera: exact in torch, fast on CPUs by numba, on GPUs by gsplat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from sharp_core.render.api import Renderer, make_renderer, render
    from sharp_core.render.result import RenderResult

__all__ = [
    "RenderResult",
    "Renderer",
    "make_renderer",
    "render",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "api": "Renderer make_renderer render",
            "result": "RenderResult",
        },
    )
