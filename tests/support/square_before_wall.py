"""One analytic scene, ray traced: a patterned square before a patterned wall."""

from __future__ import annotations

import numpy as np

from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture

WALL_M, SQUARE_M, HALF_M = 2.0, 1.0, 0.25


def camera_at(x: float, y: float, size: int) -> Camera:
    """A camera that looks along z from (x, y, 0); the photo's is at the origin."""
    viewmat = np.eye(4)
    viewmat[:3, 3] = -x, -y, 0
    return Camera(Intrinsics.of_photo(size, size, size), viewmat)


def picture_from(x: float, y: float, size: int = 64) -> PosedPicture:
    """What that camera sees, with 4 x 4 rays a pixel; depth is of the pixels' centres."""
    image = np.mean([_trace(x, y, size, offset)[0] for offset in np.ndindex(4, 4)], axis=0)
    depth = _trace(x, y, size, (1.5, 1.5))[1]
    pixels = np.rint(255 * image).astype(np.uint8)
    return PosedPicture(pixels, camera_at(x, y, size), depth.astype(np.float32))


def hidden_from_origin(x: float, y: float, size: int = 64) -> np.ndarray:
    """Which pixels (H, W) show a part of the wall that the square hides from the origin."""
    _, depth, points = _trace(x, y, size, (1.5, 1.5))
    at_square = points[..., :2] * SQUARE_M / WALL_M
    return (depth == WALL_M) & (np.abs(at_square) <= HALF_M).all(axis=-1)


def _trace(x: float, y: float, size: int, offset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return colours (H, W, 3), depth (H, W) and points (H, W, 3) of rays through the pixels."""
    ticks = np.arange(size)
    columns, rows = (ticks + (part + 0.5) / 4 for part in offset)
    slopes = np.stack(np.meshgrid(columns, rows), axis=-1) / size - 0.5
    on_square = slopes * SQUARE_M + (x, y)
    hits = (np.abs(on_square) <= HALF_M).all(axis=-1)
    depth = np.where(hits, SQUARE_M, WALL_M)
    places = slopes * depth[..., None] + (x, y)
    u, v = 6 * places[..., 0], 6 * places[..., 1]
    waves = np.stack([np.sin(2 * u + v), np.sin(3 * v - u), np.sin(u + 2 * v + 1)], axis=-1)
    square = np.array([0.75, 0.45, 0.2]) + 0.15 * np.sign(np.sin(4 * u) * np.sin(4 * v))[..., None]
    wall = np.array([0.35, 0.5, 0.6]) + 0.15 * waves
    colors = np.where(hits[..., None], square, wall)
    return colors, depth, np.concatenate([places, depth[..., None]], axis=-1)
