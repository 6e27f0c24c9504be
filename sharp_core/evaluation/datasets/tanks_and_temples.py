"""Tanks and Temples, training set: `SCENE/` with pictures, poses, LiDAR points.

A. Knapitsch et al., "Tanks and Temples: benchmarking large-scale scene reconstruction", 2017.
`SCENE_COLMAP_SfM.log` has camera to world of each picture in the units of its reconstruction, in
blocks of five lines; `SCENE_trans.txt` is the similarity from there to the LiDAR points of
`SCENE.ply`, in metres. Depth is that of projected points. The camera is in none of these files: an
optional cameras.txt of COLMAP beside them is read, else the focal length is taken to be 0.7 times
the width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from plyfile import PlyData, PlyParseError

from schemas.count_text import count_text
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.colmap import read_cameras
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample, samples_of_pairs
from sharp_core.evaluation.datasets.files import (
    FARTHEST_OUTDOORS_M,
    checked_depth,
    damaged,
    image_size,
    read_text,
    require,
    unreadable,
)
from sharp_core.evaluation.datasets.multi_view import draw_pairs
from sharp_core.evaluation.datasets.overlap import project
from sharp_core.evaluation.datasets.picture import PictureFile, PlainImage
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import Depth

_DATASET = "tanks-and-temples"
_LOG, _TRANS = "_COLMAP_SfM.log", "_trans.txt"
_GUESSED_FOCAL = 0.7  # of the width, as other tools assume
_NOTE = "the focal length of some scenes is guessed: 0.7 times the width"
_LINES_PER_POSE = 5
_SUFFIXES = (".jpg", ".png")
# LiDAR points do not hide each other by themselves: of a cell of so many pixels only those count
# that are hardly behind the nearest one.
_CELL, _BEHIND = 16, 1.05


@dataclass(frozen=True, slots=True)
class LidarPoints:
    """Sparse depth: the points of a scan that a camera sees."""

    path: Path
    is_dense: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The scan."""
        return (self.path,)

    def read(self, camera: Camera) -> Depth:
        """Return depth at the pixels of visible points. Raises PhotoError."""
        intrinsics = camera.intrinsics
        columns, rows, z = project(_read_points(self.path), camera)
        inside = (z > 0) & (columns >= 0) & (columns < intrinsics.width)
        inside &= (rows >= 0) & (rows < intrinsics.height)
        x, y = columns[inside].astype(np.intp), rows[inside].astype(np.intp)
        depth = np.full((intrinsics.height, intrinsics.width), np.inf, np.float32)
        np.minimum.at(depth, (y, x), z[inside].astype(np.float32))
        depth[depth > _BEHIND * _nearest_of_cell(depth)] = np.nan
        depth[~np.isfinite(depth)] = np.nan
        return checked_depth(depth, self.path, farthest_m=FARTHEST_OUTDOORS_M)


def find_samples(folder: Path, settings: DatasetSettings) -> list[DatasetSample]:
    """Return pairs of all scenes. Raises UsageError."""
    sequences, notes = [], set[str]()
    for log in sorted(folder.glob(f"*/*{_LOG}")):
        pictures, is_guessed = _pictures(log.parent, log.name.removesuffix(_LOG))
        sequences.append(pictures)
        notes |= {_NOTE} if is_guessed else set()
    return samples_of_pairs(_DATASET, draw_pairs(sequences, settings), tuple(notes))


def _pictures(scene: Path, name: str) -> tuple[list[PictureFile], bool]:
    log, trans, scan = scene / f"{name}{_LOG}", scene / f"{name}{_TRANS}", scene / f"{name}.ply"
    require([trans, scan])
    files = sorted(path for path in scene.iterdir() if path.suffix.lower() in _SUFFIXES)
    poses = list(_poses(log))
    if len(files) != len(poses):
        of_log, of_folder = count_text(len(poses), "pose"), count_text(len(files), "picture")
        raise damaged(log, f"it has {of_log}, and the folder {of_folder}")
    similarity = _similarity(trans)
    cameras = scene / "cameras.txt"
    intrinsics, is_guessed = _intrinsics(files[0], cameras if cameras.is_file() else None)
    pictures = [
        PictureFile(
            f"{name}/{path.stem}",
            PlainImage(path),
            Camera(intrinsics, _metric_viewmat(to_world, similarity)),
            LidarPoints(scan),
        )
        for path, to_world in zip(files, poses, strict=True)
    ]
    return pictures, is_guessed


def _intrinsics(picture: Path, cameras: Path | None) -> tuple[Intrinsics, bool]:
    if cameras is None:
        width, height = image_size(picture)
        return Intrinsics.of_photo(_GUESSED_FOCAL * width, width, height), True
    try:
        (camera,) = read_cameras(cameras).values()
        return camera.intrinsics(), False
    except ValueError as error:
        raise damaged(cameras, f"expected one pinhole camera: {error}") from error


def _metric_viewmat(to_world: np.ndarray, similarity: np.ndarray) -> np.ndarray:
    """Return world to camera in metres, for a similarity from the pose's world to metres."""
    linear, shift = similarity[:3, :3], similarity[:3, 3]
    scale = np.cbrt(np.linalg.det(linear))
    metric = np.eye(4)
    metric[:3, :3] = linear / scale @ to_world[:3, :3]
    metric[:3, 3] = linear @ to_world[:3, 3] + shift
    viewmat: np.ndarray = np.linalg.inv(metric)
    return viewmat


def _poses(log: Path) -> Iterator[np.ndarray]:
    """Yield camera to world of each picture."""
    lines = [line for line in read_text(log).splitlines() if line.strip()]
    for start in range(0, len(lines), _LINES_PER_POSE):
        rows = lines[start + 1 : start + _LINES_PER_POSE]
        yield _matrix(log, " ".join(rows))


def _similarity(path: Path) -> np.ndarray:
    matrix = _matrix(path, read_text(path))
    if np.linalg.det(matrix[:3, :3]) <= 0:
        raise damaged(path, "it mirrors the scene")
    return matrix


def _matrix(path: Path, text: str) -> np.ndarray:
    try:
        return np.array([float(word) for word in text.split()]).reshape(4, 4)
    except ValueError as error:
        raise damaged(path, f"expected 4 x 4 numbers: {text[:60]}") from error


@lru_cache(1)
def _read_points(path: Path) -> npt.NDArray[np.float32]:
    """Return (N, 3) in metres. Raises PhotoError."""
    try:
        vertices = PlyData.read(path)["vertex"]
        return np.stack([np.asarray(vertices[axis], np.float32) for axis in "xyz"], axis=1)
    except (OSError, PlyParseError, KeyError, ValueError) as error:
        raise unreadable(path, str(error)) from error


def _nearest_of_cell(depth: Depth) -> Depth:
    """Return for each pixel the least depth of its cell."""
    height, width = depth.shape
    padded = np.full((-(-height // _CELL) * _CELL, -(-width // _CELL) * _CELL), np.inf, np.float32)
    padded[:height, :width] = depth
    cells = padded.reshape(padded.shape[0] // _CELL, _CELL, -1, _CELL).min(axis=(1, 3))
    nearest: Depth = cells.repeat(_CELL, axis=0).repeat(_CELL, axis=1)[:height, :width]
    return nearest
