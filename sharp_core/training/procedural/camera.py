"""Pinhole cameras of procedural scenes.

World and camera axes follow OpenCV (x right, y down, z forward), in metres; the ground of a scene
is the plane y = 0, so up is -y and a camera at eye level has y = -1.6. The centre of the top left
pixel is (0.5, 0.5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class ProceduralCamera:
    """Where a picture is taken from, and how large it is."""

    intrinsics: Array
    """(3, 3) in pixels."""
    viewmat: Array
    """(4, 4), world to camera."""
    width: int
    height: int

    @property
    def position(self) -> Array:
        """Return the camera's centre in the world, (3,) in metres."""
        rotation, translation = self.viewmat[:3, :3], self.viewmat[:3, 3]
        return np.asarray(-rotation.T @ translation, dtype=np.float32)

    def directions(self) -> Array:
        """Return (H, W, 3) ray directions in the world.

        Their length along the camera's axis is 1, so that a ray's parameter is depth in metres.
        """
        columns = (np.arange(self.width, dtype=np.float32) + 0.5 - self.intrinsics[0, 2]) / (
            self.intrinsics[0, 0]
        )
        rows = (np.arange(self.height, dtype=np.float32) + 0.5 - self.intrinsics[1, 2]) / (
            self.intrinsics[1, 1]
        )
        in_camera = np.empty((self.height, self.width, 3), dtype=np.float32)
        in_camera[..., 0] = columns[None, :]
        in_camera[..., 1] = rows[:, None]
        in_camera[..., 2] = 1.0
        return in_camera @ self.viewmat[:3, :3]  # row vectors, so this applies R^T

    def to_camera(self, points: Array) -> Array:
        """Map world points (..., 3) to camera coordinates (..., 3)."""
        return points @ self.viewmat[:3, :3].T + self.viewmat[:3, 3]

    def resized(self, factor: float) -> "ProceduralCamera":
        """Return the same view with `factor` times the pixels in each direction."""
        scale = np.diag([factor, factor, 1.0]).astype(np.float32)
        size = (round(self.width * factor), round(self.height * factor))
        return ProceduralCamera(scale @ self.intrinsics, self.viewmat, *size)


def intrinsics_from_focal(focal_px: float, width: int, height: int) -> Array:
    """Return (3, 3) with the principal point at the picture's centre."""
    return np.array(
        [[focal_px, 0.0, width / 2], [0.0, focal_px, height / 2], [0.0, 0.0, 1.0]], dtype=np.float32
    )


def look(position: Array, yaw: float, pitch: float, roll: float) -> Array:
    """Return the viewmat (4, 4) of a camera at `position` (3,).

    Angles in radians: yaw turns right, pitch looks up, roll tilts the camera clockwise; all zero
    looks along +z.
    """
    cy, sy, cp, sp, cr, sr = (f(angle) for angle in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    raise_ = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    camera_to_world = turn @ raise_ @ tilt
    viewmat = np.eye(4)
    viewmat[:3, :3] = camera_to_world.T
    viewmat[:3, 3] = -camera_to_world.T @ np.asarray(position, dtype=np.float64)
    return viewmat.astype(np.float32)
