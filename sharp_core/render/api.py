"""Entry points of rendering: `render` for one view, `make_renderer` for many views of one scene.

In: Gaussians in metres and a camera. Out: linear colour, depth in metres and alpha. Engines:

torch   exact, differentiable, any device; for small scenes
cpu     fast on CPUs; needs numba
gpu     fast on CUDA; needs gsplat
"""

from __future__ import annotations

import importlib.util
import logging
from typing import Literal, Protocol

import torch

from schemas.errors import MissingToolError
from sharp_core.render.oracle import TorchRenderer
from sharp_core.render.result import BLACK, Background, RenderResult
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians

Engine = Literal["auto", "torch", "cpu", "gpu"]

_log = logging.getLogger(__name__)


class Renderer(Protocol):
    """A scene, prepared for rendering."""

    engine: str

    def render(self, camera: Camera, background: Background = BLACK) -> RenderResult:
        """Return one view. `background` is linear RGB."""
        ...


def render(
    gaussians: Gaussians,
    camera: Camera,
    *,
    background: Background = BLACK,
    engine: Engine = "auto",
) -> RenderResult:
    """Return one view of a scene: linear colour (H, W, 3), depth (H, W) in metres, alpha (H, W).

    For many views of one scene, use `make_renderer`: it does the shared work once. Raises
    MissingToolError if the requested engine is not available.
    """
    return make_renderer(gaussians, engine).render(camera, background)


def make_renderer(
    gaussians: Gaussians, engine: Engine = "auto", *, threads: int | None = None
) -> Renderer:
    """Prepare a scene for many views.

    `threads` is for the CPU engine; None means as many as PyTorch uses. Raises MissingToolError
    if the requested engine is not available.
    """
    match choose_engine(gaussians.means.device) if engine == "auto" else engine:
        case "gpu":
            from sharp_core.render.gpu import GpuRenderer

            return GpuRenderer(gaussians)
        case "cpu":
            if not _installed("numba"):
                raise MissingToolError(
                    "the CPU renderer needs numba, which is not installed: pip install numba, "
                    "or choose the slow engine `torch`"
                )
            from sharp_core.render.cpu.renderer import CpuRenderer

            return CpuRenderer(gaussians, threads)
        case _:
            return TorchRenderer(gaussians)


def choose_engine(device: torch.device) -> Literal["torch", "cpu", "gpu"]:
    """Return the fastest installed engine for Gaussians on `device`."""
    if device.type == "cuda":
        if gpu_engine_is_installed():
            return "gpu"
        _log.warning(
            "gsplat is not installed, so scenes are rendered on the CPU, not on %s", device
        )
    return "cpu" if _installed("numba") else "torch"


def gpu_engine_is_installed() -> bool:
    """Return whether gsplat is installed. This does not check for a GPU."""
    return _installed("gsplat")


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
