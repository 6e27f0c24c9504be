"""How much two pictures show of the same: the depth overlap by which pairs are chosen.

The paper keeps pairs of more than 60 % overlap and does not define it. Here (not in the paper):
the share of a picture's pixels with known depth that land inside the other picture, with a depth
within 10 % of the other's there; the mean of both directions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import Depth

OVERLAP_SIDE = 192  # pixels of the long side: a share needs no more
_TOLERANCE = 0.1

_Points = npt.NDArray[np.float64]


def reduced_depth(depth: Depth) -> Depth:
    """Return a small depth map of the same picture: the depth at the centres of its pixels."""
    height, width = depth.shape
    share = min(1.0, OVERLAP_SIDE / max(height, width))
    rows, columns = (
        ((np.arange(count) + 0.5) / count * size).astype(np.intp)
        for count, size in (
            (max(1, round(height * share)), height),
            (max(1, round(width * share)), width),
        )
    )
    small: Depth = depth[rows[:, None], columns]
    return small


def depth_overlap(first: Depth, camera: Camera, second: Depth, other: Camera) -> float:
    """Return the overlap of two pictures, 0 to 1. Depth maps may be of any resolution."""
    one = _share_seen(first, camera, second, other)
    return 0.5 * (one + _share_seen(second, other, first, camera))


def _share_seen(depth: Depth, camera: Camera, second: Depth, other: Camera) -> float:
    points = world_points(depth, camera)
    if not len(points):
        return 0.0
    height, width = second.shape
    columns, rows, z = project(points, other)
    intrinsics = other.intrinsics
    columns, rows = columns * width / intrinsics.width, rows * height / intrinsics.height
    inside = (z > 0) & (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    there = second[rows[inside].astype(np.intp), columns[inside].astype(np.intp)]
    with np.errstate(invalid="ignore"):  # of unknown depth, and of the sky's, which is infinite
        agrees = np.isfinite(there) & (np.abs(there - z[inside]) <= _TOLERANCE * there)
    return float(agrees.sum() / len(points))


def world_points(depth: Depth, camera: Camera) -> _Points:
    """Return (N, 3): where the pixels of known depth lie in the world."""
    height, width = depth.shape
    view = camera.intrinsics.resized(width, height)
    rows, columns = np.nonzero(np.isfinite(depth) & (depth > 0))
    z = depth[rows, columns].astype(np.float64)
    in_camera = np.stack(
        ((columns + 0.5 - view.cx) / view.fx * z, (rows + 0.5 - view.cy) / view.fy * z, z), axis=1
    )
    to_world = np.linalg.inv(camera.viewmat)
    points: _Points = in_camera @ to_world[:3, :3].T + to_world[:3, 3]
    return points


def project(points: npt.NDArray[np.floating], camera: Camera) -> tuple[_Points, _Points, _Points]:
    """Return columns, rows (pixels) and depths of world points; of those behind it, nonsense."""
    in_camera = points @ camera.viewmat[:3, :3].T + camera.viewmat[:3, 3]
    z = in_camera[:, 2]
    safe = np.where(z > 0, z, 1.0)
    intrinsics = camera.intrinsics
    columns = intrinsics.fx * in_camera[:, 0] / safe + intrinsics.cx
    rows = intrinsics.fy * in_camera[:, 1] / safe + intrinsics.cy
    return columns, rows, z
