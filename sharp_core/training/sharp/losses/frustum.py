"""The mask of the novel view: pixels whose point lies within the view of the source camera.

Arxiv 2512.10685, appendix A.3. There is no test for occlusion: what the source does not see because
something is before it stays, and supervises the hidden layer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.scene.cameras import Camera

# Depth at which the sky lies: its direction is all that counts.
_SKY_M = 1e6


def frustum_mask(
    target_depth: Tensor, target: Camera, source: Camera, margin: float = 1.05
) -> Tensor:
    """Return which pixels (H, W) of the target view the source camera has in its view.

    `target_depth` (H, W) is in metres along the target's axis: infinite for the sky; pixels of
    unknown depth (0 or NaN) are left out. A point counts where it is before the source camera and
    its normalised coordinates there, which run from -1 to 1 over the picture, are within `margin`.
    """
    pixels = target.intrinsics
    device, dtype = target_depth.device, torch.float64
    columns = torch.arange(pixels.width, device=device, dtype=dtype) + 0.5
    rows = torch.arange(pixels.height, device=device, dtype=dtype) + 0.5
    known = target_depth > 0  # false for NaN
    depth = target_depth.to(dtype).where(known, 1.0).clamp_max(_SKY_M)
    points = torch.stack(
        (
            (columns[None, :] - pixels.cx) / pixels.fx * depth,
            (rows[:, None] - pixels.cy) / pixels.fy * depth,
            depth,
        ),
        dim=-1,
    )  # (H, W, 3) in the target camera
    to_source = torch.as_tensor(source.viewmat) @ torch.linalg.inv(torch.as_tensor(target.viewmat))
    to_source = to_source.to(device, dtype)
    x, y, z = (points @ to_source[:3, :3].T + to_source[:3, 3]).unbind(dim=-1)
    seen = source.intrinsics
    ahead = z > 0
    z = z.where(ahead, 1.0)
    across = 2 * (x / z * seen.fx + seen.cx) / seen.width - 1
    down = 2 * (y / z * seen.fy + seen.cy) / seen.height - 1
    inside: Tensor = known & ahead & (across.abs() <= margin) & (down.abs() <= margin)
    return inside
