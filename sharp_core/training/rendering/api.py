"""Entry point of differentiable rendering: `render_views`.

In: Gaussians and cameras. Out: linear colour, depth and alpha with gradients with respect to means,
quaternions, scales, opacities, colours and the background. The 3x3 part of a camera's `viewmat` may
be any invertible linear map: training renders Gaussians in NDC (`ndc.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.render.api import Engine
from sharp_core.render.oracle import TorchRenderer
from sharp_core.render.result import BLACK, Background
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians


class Rendered(NamedTuple):
    """V views of one size, in the precision and on the device of the Gaussians."""

    color: Tensor  # (V, H, W, 3) linear RGB over the background, not clamped
    depth: Tensor  # (V, H, W) alpha-weighted mean depth in units of the camera, 0 where alpha is 0
    alpha: Tensor  # (V, H, W) coverage of each pixel by the scene, 0 to 1


def render_views(
    gaussians: Gaussians,
    cameras: Sequence[Camera],
    *,
    background: Tensor | Background = BLACK,
    engine: Engine = "auto",
    threads: int | None = None,
) -> Rendered:
    """Return one view per camera; all cameras have the same image size.

    `background` is linear RGB: three numbers, or a tensor that broadcasts to (V, H, W, 3). `auto`
    is gsplat for Gaussians on CUDA, else the compiled rasteriser; `torch` is the reference engine.
    `threads` is for the compiled rasteriser; None means as many as PyTorch uses. Raises ValueError
    if there is no camera or if image sizes differ, MissingToolError if gsplat is needed and does
    not work.
    """
    sizes = {(camera.intrinsics.width, camera.intrinsics.height) for camera in cameras}
    if len(sizes) != 1:
        raise ValueError(f"expected cameras of one image size, found the sizes {sorted(sizes)}")
    color, depth, alpha = _on_black(gaussians, cameras, engine, threads)
    behind = torch.as_tensor(background, dtype=color.dtype, device=color.device)
    return Rendered(color + (1 - alpha)[..., None] * behind, depth, alpha)


def _on_black(
    gaussians: Gaussians, cameras: Sequence[Camera], engine: Engine, threads: int | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return colour (V, H, W, 3), depth and alpha (V, H, W)."""
    if engine == "auto":
        engine = "gpu" if gaussians.means.is_cuda else "cpu"
    views: list[tuple[Tensor, Tensor, Tensor]]
    match engine:
        case "gpu":
            from sharp_core.render.gpu import rasterize_views

            return rasterize_views(gaussians, cameras)
        case "cpu":
            from sharp_core.training.rendering.rasterize import rasterize

            views = [rasterize(gaussians, camera, threads) for camera in cameras]
        case "torch":
            results = [TorchRenderer(gaussians).render(camera) for camera in cameras]
            views = [(one.color_linear, one.depth, one.alpha) for one in results]
    color, depth, alpha = (torch.stack(planes) for planes in zip(*views, strict=True))
    return color, depth, alpha
