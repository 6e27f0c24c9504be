"""Move the pixels of one posed picture into another by their depth: finds wrong axes and units."""

from __future__ import annotations

import numpy as np

from sharp_core.scene.posed_picture import PosedPicture


def projected(source: PosedPicture, target: PosedPicture) -> tuple[np.ndarray, np.ndarray]:
    """Return pixel coordinates (H, W, 2) and depths (H, W) in `target` of the pixels of `source`.

    NaN where the source has no finite depth.
    """
    seen = source.camera.intrinsics
    x, y = np.meshgrid(np.arange(seen.width) + 0.5, np.arange(seen.height) + 0.5)
    depth = np.where(np.isfinite(source.depth_m), source.depth_m, np.nan)
    rays = np.stack([(x - seen.cx) / seen.fx, (y - seen.cy) / seen.fy, np.ones_like(x)], axis=-1)
    matrix = target.camera.viewmat @ np.linalg.inv(source.camera.viewmat)
    points = (rays * depth[..., None]) @ matrix[:3, :3].T + matrix[:3, 3]
    there = target.camera.intrinsics
    pixels = points[..., :2] / points[..., 2:] * (there.fx, there.fy) + (there.cx, there.cy)
    return pixels, points[..., 2]


def warped_depth(source: PosedPicture, target: PosedPicture) -> tuple[np.ndarray, np.ndarray]:
    """Return (P,) depths of the source's pixels in the target, and what the target says there.

    Only of pixels that land inside the target, in front of its camera, on a known depth.
    """
    pixels, depths = projected(source, target)
    there = target.camera.intrinsics
    with np.errstate(invalid="ignore"):
        inside = (pixels >= 0).all(-1) & (pixels < (there.width, there.height)).all(-1)
    inside &= depths > 0
    columns, rows = pixels[inside].astype(int).T
    found = target.depth_m[rows, columns]
    known = np.isfinite(found)
    return depths[inside][known], found[known]
