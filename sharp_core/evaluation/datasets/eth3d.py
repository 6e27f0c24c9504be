"""ETH3D, high-resolution multi-view: `SCENE/images/` and `SCENE/dslr_calibration_undistorted/`.

T. Schoeps et al., "A multi-view stereo benchmark with high-resolution images and multi-camera
videos", 2017. The undistorted pictures with their pinhole cameras (COLMAP's text files) are read;
true depth is that of the points which each picture shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.colmap import (
    camera_of,
    read_cameras,
    read_images,
    read_points,
)
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample, samples_of_pairs
from sharp_core.evaluation.datasets.files import (
    FARTHEST_OUTDOORS_M,
    checked_depth,
    damaged,
    require,
    unreadable,
)
from sharp_core.evaluation.datasets.multi_view import draw_pairs
from sharp_core.evaluation.datasets.picture import PictureFile, PlainImage
from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import Depth

_DATASET = "eth3d"
_CALIBRATION = "dslr_calibration_undistorted"


@dataclass(frozen=True, slots=True)
class ObservedPoints:
    """Sparse depth: the points of a reconstruction that one picture shows."""

    points: Path  # points3D.txt
    images: Path  # images.txt
    name: str  # of the picture there
    is_dense: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The reconstruction."""
        return (self.points, self.images)

    def read(self, camera: Camera) -> Depth:
        """Return depth at the pixels of points. Raises PhotoError."""
        try:
            seen = _marks(self.images)[self.name]
            places = _places(self.points)
        except UsageError as error:
            raise unreadable(self.points, error.message) from error
        known = [(x, y, places[int(point)]) for x, y, point in seen if int(point) in places]
        size = camera.intrinsics.height, camera.intrinsics.width
        depth = np.full(size, np.nan, np.float32)
        for x, y, place in known:
            z = float(camera.viewmat[2, :3] @ place + camera.viewmat[2, 3])
            if z > 0 and 0 <= x < size[1] and 0 <= y < size[0]:
                depth[int(y), int(x)] = z
        return checked_depth(depth, self.points, farthest_m=FARTHEST_OUTDOORS_M)


def find_samples(folder: Path, settings: DatasetSettings) -> list[DatasetSample]:
    """Return pairs of all scenes. Raises UsageError."""
    scenes = sorted(folder.glob(f"*/{_CALIBRATION}/cameras.txt"))
    sequences = [_pictures(path.parent.parent) for path in scenes]
    return samples_of_pairs(_DATASET, draw_pairs(sequences, settings))


def _pictures(scene: Path) -> list[PictureFile]:
    calibration = scene / _CALIBRATION
    cameras, listed = calibration / "cameras.txt", calibration / "images.txt"
    points = calibration / "points3D.txt"
    require([listed, points])
    found = read_cameras(cameras)
    pictures = []
    for image in read_images(listed):
        camera = camera_of(image, found, cameras)
        path = scene / "images" / image.name
        require([path])
        if not camera.is_pinhole:
            raise damaged(cameras, f"expected undistorted pinhole cameras, found {camera.model}")
        pictures.append(
            PictureFile(
                f"{scene.name}/{Path(image.name).stem}",
                PlainImage(path),
                Camera(camera.intrinsics(), image.viewmat),
                ObservedPoints(points, listed, image.name),
            )
        )
    return pictures


@lru_cache(2)
def _places(path: Path) -> dict[int, npt.NDArray[np.float64]]:
    return read_points(path)


@lru_cache(2)
def _marks(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    return {image.name: image.points for image in read_images(path)}
