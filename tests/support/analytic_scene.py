"""One place that any camera can be asked about: a slanted wall and a tilted card before it.

Colours are smooth functions of the place, so that a picture, warped by its depth into another
camera, has to agree with that camera's picture: every wrong axis, unit or inverse shows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sharp_core.evaluation.datasets.overlap import project, world_points
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture

WIDTH, HEIGHT = 96, 72
# Neither centred nor with square pixels.
INTRINSICS = Intrinsics(fx=84.0, fy=80.0, cx=45.5, cy=38.0, width=WIDTH, height=HEIGHT)


class Quad(NamedTuple):
    """A parallelogram: the points corner + u along + v down, u and v in [0, 1]."""

    corner: np.ndarray
    along: np.ndarray
    down: np.ndarray


WALL = Quad(np.array([-8.0, -6.0, 2.2]), np.array([16.0, 0.0, 2.4]), np.array([0.0, 12.0, 0.8]))
CARD = Quad(np.array([-0.4, -0.5, 1.7]), np.array([0.7, 0.1, 0.1]), np.array([-0.1, 0.7, -0.2]))
QUADS = (WALL, CARD)


def viewmat(x: float, y: float, z: float, yaw: float = 0.0, pitch: float = 0.0) -> np.ndarray:
    """Return world to camera for a camera at (x, y, z) metres; angles in radians."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    to_world = np.eye(4)
    to_world[:3, :3] = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]) @ np.array(
        [[1, 0, 0], [0, cp, -sp], [0, sp, cp]]
    )
    to_world[:3, 3] = x, y, z
    return np.linalg.inv(to_world)


# Views around the origin that all see the wall and the card.
VIEWS = tuple(
    viewmat(0.09 * index - 0.25, 0.05 * (index % 3), 0.06 * (index % 4), 0.02 * index, 0.01 * index)
    for index in range(6)
)


def picture(camera: Camera) -> PosedPicture:
    """Return what a pinhole camera sees, with exact depth."""
    view = camera.intrinsics
    x = (np.arange(view.width) + 0.5 - view.cx) / view.fx
    y = (np.arange(view.height) + 0.5 - view.cy) / view.fy
    image, depth = seen(*np.meshgrid(x, y), camera.viewmat)
    return PosedPicture(image, camera, depth)


def seen(x: np.ndarray, y: np.ndarray, viewmat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return colours (..., 3) and depth (...) along the rays (x, y, 1) of a camera."""
    to_world = np.linalg.inv(viewmat)
    rays = np.stack((x, y, np.ones_like(x)), axis=-1) @ to_world[:3, :3].T
    origin = to_world[:3, 3]
    depth = np.full(x.shape, np.inf)
    for quad in QUADS:
        depth = np.minimum(depth, _hit(quad, origin, rays))
    colours = _colours(origin + rays * np.where(np.isfinite(depth), depth, 0)[..., None])
    return colours, depth.astype(np.float32)


def _hit(quad: Quad, origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
    normal = np.cross(quad.along, quad.down)
    depth = ((quad.corner - origin) @ normal) / (rays @ normal)
    points = origin + rays * depth[..., None] - quad.corner
    basis = np.stack((quad.along, quad.down), axis=1)
    u, v = np.moveaxis(points @ np.linalg.pinv(basis).T, -1, 0)
    inside = (depth > 0) & (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    return np.where(inside, depth, np.inf)


def _colours(points: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(points, -1, 0)
    channels = [np.sin(5 * x + 2 * y + 3 * z), np.cos(4 * y - 2 * x), np.sin(6 * z + 3 * y - x)]
    return (127.5 + 100 * np.stack(channels, axis=-1)).round().astype(np.uint8)


def surface_points(count: int, seed: int = 0) -> np.ndarray:
    """Return (count, 3) points of the wall and the card in the world."""
    rng = np.random.default_rng(seed)
    middle = Quad(WALL.corner + 0.38 * WALL.along + 0.38 * WALL.down, 0.24 * WALL.along,
                  0.24 * WALL.down)  # fmt: skip
    found = []
    for quad, share in ((middle, count - count // 4), (CARD, count // 4)):
        u, v = rng.uniform(0, 1, (2, share, 1))
        found.append(quad.corner + u * quad.along + v * quad.down)
    return np.concatenate(found)


def warp_disagreement(source: PosedPicture, target: PosedPicture) -> tuple[float, float]:
    """Warp the source by its depth into the target's camera.

    Returns the mean difference in levels where the target's own depth agrees within 3 %, and the
    share of the source's known pixels for which it does.
    """
    assert source.depth_m is not None
    assert target.depth_m is not None
    points = world_points(source.depth_m, source.camera)
    colours = source.image[np.isfinite(source.depth_m) & (source.depth_m > 0)].astype(float)
    columns, rows, z = project(points, target.camera)
    height, width = target.depth_m.shape
    inside = (z > 0) & (columns > 1) & (columns < width - 1) & (rows > 1) & (rows < height - 1)
    columns, rows, z, colours = columns[inside], rows[inside], z[inside], colours[inside]
    there = target.depth_m[rows.astype(int), columns.astype(int)]
    agrees = np.abs(there - z) < 0.03 * z
    shown = _bilinear(target.image.astype(float), columns[agrees], rows[agrees])
    error = float(np.abs(shown - colours[agrees]).mean()) if agrees.any() else np.inf
    return error, float(agrees.sum() / len(points))


def _bilinear(image: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    x, y = columns - 0.5, rows - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    dx, dy = (x - left)[:, None], (y - top)[:, None]
    return (
        image[top, left] * (1 - dx) * (1 - dy)
        + image[top, left + 1] * dx * (1 - dy)
        + image[top + 1, left] * (1 - dx) * dy
        + image[top + 1, left + 1] * dx * dy
    )
