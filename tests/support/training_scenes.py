"""An analytic place for training: a textured square before a textured wall, from any camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sharp_core.scene.cameras import Camera, Intrinsics, look_at
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.sharp.sources import TrainingPair

WALL_M, SQUARE_M, HALF_M = 3.0, 1.6, 0.4
Picture = npt.NDArray[np.float64]


def square_before_wall(camera: Camera) -> PosedPicture:
    """Return picture and exact depth as `camera` takes them, one ray a pixel."""
    seen = camera.intrinsics
    y, x = np.mgrid[0 : seen.height, 0 : seen.width] + 0.5
    rays = np.stack([(x - seen.cx) / seen.fx, (y - seen.cy) / seen.fy, np.ones_like(x)], axis=-1)
    to_world = np.linalg.inv(camera.viewmat)
    directions, eye = rays @ to_world[:3, :3].T, to_world[:3, 3]
    wall_t = (WALL_M - eye[2]) / directions[..., 2]
    square_t = (SQUARE_M - eye[2]) / directions[..., 2]
    wall, square = (eye + t[..., None] * directions for t in (wall_t, square_t))
    on_square = (np.abs(square[..., :2]) <= HALF_M).all(axis=-1)
    colors = np.where(on_square[..., None], _square_color(square), _wall_color(wall))
    depth = np.where(on_square, square_t, wall_t)
    image = (np.clip(colors, 0, 1) * 255 + 0.5).astype(np.uint8)
    return PosedPicture(image, camera, depth.astype(np.float32))


def _wall_color(points: Picture) -> Picture:
    waves = 0.5 + 0.4 * np.sin(9 * points[..., 0]) * np.sin(7 * points[..., 1])
    return np.stack([0.3 + 0.5 * waves, waves, 0.9 - 0.5 * waves], axis=-1)


def _square_color(points: Picture) -> Picture:
    stripes = 0.5 + 0.4 * np.sin(14 * (points[..., 0] + points[..., 1]))
    return np.stack([0.9 * stripes, 0.3 + 0 * stripes, 0.2 + 0.3 * stripes], axis=-1)


def camera_at(x: float, y: float = 0.0, z: float = 0.0, side: int = 96) -> Camera:
    """Return a camera that looks at the wall, straight ahead."""
    viewmat = look_at((x, y, z), (x, y, z + 1.0))
    return Camera(Intrinsics.of_photo(0.9 * side, side, side), viewmat)


@dataclass(frozen=True)
class SquarePairs:
    """Pairs of the place with random novel cameras: a PairSource."""

    side: int = 96
    largest_shift_m: float = 0.2

    def check(self) -> None:
        """Nothing can be wrong."""

    def pair(self, number: int) -> TrainingPair:
        """Return the pair of this number."""
        rng = np.random.default_rng(number)
        x, y = rng.uniform(-self.largest_shift_m, self.largest_shift_m, 2)
        source = square_before_wall(camera_at(0.0, side=self.side))
        return TrainingPair(source, square_before_wall(camera_at(x, y, side=self.side)))
