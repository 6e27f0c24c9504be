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
    gaussians: Gaussians, cameras: Sequence[Camera], *, background: Tensor | Background = BLACK
) -> Rendered:
    """Return one view per camera; all cameras have the same image size.

    `background` is linear RGB: three numbers, or a tensor that broadcasts to (V, H, W, 3). Raises
    ValueError if there is no camera or if image sizes differ.
    """
    sizes = {(camera.intrinsics.width, camera.intrinsics.height) for camera in cameras}
    if len(sizes) != 1:
        raise ValueError(f"expected cameras of one image size, found the sizes {sorted(sizes)}")
    renderer = TorchRenderer(gaussians)
    views = [renderer.render(camera) for camera in cameras]
    alpha = torch.stack([view.alpha for view in views])
    color = torch.stack([view.color_linear for view in views])
    behind = torch.as_tensor(background, dtype=color.dtype, device=color.device)
    color = color + (1 - alpha)[..., None] * behind
    return Rendered(color, torch.stack([view.depth for view in views]), alpha)
