"""COLMAP's text files: cameras.txt, images.txt and points3D.txt.

Poses map world to camera; the centre of the top left pixel is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.errors import UsageError
from sharp_core.evaluation.datasets.files import damaged
from sharp_core.scene.cameras import Intrinsics, Matrix

_PINHOLES = ("PINHOLE", "SIMPLE_PINHOLE")
_FISHEYE = "OPENCV_FISHEYE"


class ColmapCamera(NamedTuple):
    """One camera: its model's name and parameters, and the size of its pictures."""

    model: str
    width: int
    height: int
    parameters: tuple[float, ...]

    def intrinsics(self) -> Intrinsics:
        """Return the pinhole part. Raises ValueError for an unknown model."""
        values = self.parameters
        if self.model == "SIMPLE_PINHOLE":
            focal, cx, cy = values[:3]
            return Intrinsics(focal, focal, cx, cy, self.width, self.height)
        if self.model in (*_PINHOLES, _FISHEYE):
            fx, fy, cx, cy = values[:4]
            return Intrinsics(fx, fy, cx, cy, self.width, self.height)
        raise ValueError(f"cameras of the model {self.model} are not supported")

    @property
    def is_pinhole(self) -> bool:
        """Whether it has no distortion."""
        return self.model in _PINHOLES

    def fisheye(self) -> tuple[float, float, float, float]:
        """Return k1 to k4 of a fisheye. Raises ValueError for another model."""
        if self.model != _FISHEYE or len(self.parameters) != 8:
            raise ValueError(f"expected a camera {_FISHEYE}, found {self.model}")
        k1, k2, k3, k4 = self.parameters[4:]
        return k1, k2, k3, k4


@dataclass(frozen=True, slots=True, eq=False)
class ColmapImage:
    """One picture: its name, camera and pose, and which points it shows where."""

    name: str
    camera_id: int
    viewmat: Matrix  # (4, 4)
    points: npt.NDArray[np.float64]  # (N, 3): column, row, point id


def read_cameras(path: Path) -> dict[int, ColmapCamera]:
    """Return cameras by id. Raises UsageError."""
    cameras = {}
    for line in _lines(path):
        words = line.split()
        try:
            cameras[int(words[0])] = ColmapCamera(
                words[1], int(words[2]), int(words[3]), tuple(float(word) for word in words[4:])
            )
        except (ValueError, IndexError) as error:
            raise damaged(path, f"this is not a camera: {line[:80]}") from error
    return cameras


def read_images(path: Path) -> list[ColmapImage]:
    """Return pictures in the order of the file: two lines each. Raises UsageError."""
    images = []
    lines = _lines(path, keep_empty=True)
    for line in lines:
        if not line:
            continue
        points = next(lines, "")
        words = line.split(maxsplit=9)
        try:
            numbers = [float(word) for word in words[1:8]]
            marks = np.array(points.split(), np.float64).reshape(-1, 3)
            viewmat = np.eye(4)
            viewmat[:3, :3] = _rotation(*numbers[:4])
            viewmat[:3, 3] = numbers[4:]
            images.append(ColmapImage(words[9], int(words[8]), viewmat, marks))
        except (ValueError, IndexError) as error:
            raise damaged(path, f"this is not a picture: {line[:80]}") from error
    return images


def read_points(path: Path) -> dict[int, npt.NDArray[np.float64]]:
    """Return the places of points by id. Raises UsageError."""
    points = {}
    for line in _lines(path):
        words = line.split(maxsplit=4)
        try:
            points[int(words[0])] = np.array([float(word) for word in words[1:4]])
        except (ValueError, IndexError) as error:
            raise damaged(path, f"this is not a point: {line[:80]}") from error
    return points


def camera_of(image: ColmapImage, cameras: dict[int, ColmapCamera], path: Path) -> ColmapCamera:
    """Return the camera of a picture. Raises UsageError."""
    try:
        return cameras[image.camera_id]
    except KeyError as error:
        raise damaged(path, f"it has no camera {image.camera_id} of {image.name}") from error


def _lines(path: Path, keep_empty: bool = False) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            for raw in file:
                line = raw.strip()
                if not line.startswith("#") and (line or keep_empty):
                    yield line
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the data set lacks {path}: {error}", "Download it again.") from error


def _rotation(w: float, x: float, y: float, z: float) -> Matrix:
    w, x, y, z = np.array([w, x, y, z]) / np.linalg.norm([w, x, y, z])
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
