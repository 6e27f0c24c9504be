"""WildRGBD: `CATEGORY/scenes/scene_NNN/` with rgb/, depth/, metadata and cam_poses.txt.

H. Xia et al., "RGBD objects in the wild", 2024. metadata is JSON with K, nine numbers column by
column, w and h. A row of cam_poses.txt is a frame's number and its 16 numbers of camera to world,
row by row, in metres. Depth is a 16-bit PNG in millimetres, 0 where unknown. The scenes `val` of
nvs_list.json are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from schemas.choices import DatasetSplit, LengthUnit
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample, samples_of_pairs
from sharp_core.evaluation.datasets.files import (
    checked_depth,
    damaged,
    read_json,
    read_text,
    require,
    unreadable,
)
from sharp_core.evaluation.datasets.multi_view import draw_pairs
from sharp_core.evaluation.datasets.picture import PictureFile, PlainImage
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import Depth

_DATASET = "wildrgbd"
_LIST = "nvs_list.json"
_SPLITS = {DatasetSplit.EVALUATION: "val", DatasetSplit.TRAINING: "train"}


@dataclass(frozen=True, slots=True)
class DepthPng:
    """Depth in a 16-bit PNG."""

    path: Path
    units_per_metre: float
    is_dense: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        """The map."""
        return (self.path,)

    def read(self, _camera: Camera) -> Depth:
        """Return depth in metres. Raises PhotoError."""
        try:
            with Image.open(self.path) as image:
                stored = np.asarray(image)
        except (OSError, UnidentifiedImageError, SyntaxError) as error:
            raise unreadable(self.path, str(error)) from error
        if stored.ndim != 2 or stored.dtype == np.uint8:
            raise unreadable(self.path, f"expected 16-bit depth, found {stored.dtype}")
        depth = stored.astype(np.float32) / np.float32(self.units_per_metre)
        depth[stored == 0] = np.nan
        return checked_depth(depth, self.path, unit_option=True)


def find_samples(folder: Path, settings: DatasetSettings) -> list[DatasetSample]:
    """Return pairs of the scenes of a split. Raises UsageError."""
    units = 1.0 if settings.unit is LengthUnit.M else 1000.0
    sequences = [
        _pictures(scene, name, units) for scene, name in _scenes(folder, _SPLITS[settings.split])
    ]
    return samples_of_pairs(_DATASET, draw_pairs(sequences, settings))


def _scenes(folder: Path, split: str) -> Iterator[tuple[Path, str]]:
    """Yield the scenes of a split in all categories, and what they are called."""
    lists = sorted(folder.glob(f"**/{_LIST}"))
    for path in lists:
        category = path.parent
        listed = read_json(path)
        if not isinstance(listed, dict) or not isinstance(listed.get(split), list):
            raise damaged(path, f"it has no list {split!r}")
        for relative in sorted(listed[split]):
            yield category / relative, f"{category.name}/{Path(relative).name}"
    if not lists:  # scenes without their category's lists
        for poses in sorted(folder.glob("**/cam_poses.txt")):
            yield poses.parent, poses.parent.relative_to(folder).as_posix()


def _pictures(scene: Path, name: str, units: float) -> list[PictureFile]:
    intrinsics = _intrinsics(scene / "metadata")
    pictures = []
    for number, viewmat in _poses(scene / "cam_poses.txt"):
        file = f"{number:05d}.png"
        image, depth = scene / "rgb" / file, scene / "depth" / file
        require([image, depth])
        pictures.append(
            PictureFile(
                f"{name}/{number:05d}",
                PlainImage(image),
                Camera(intrinsics, viewmat),
                DepthPng(depth, units),
            )
        )
    return pictures


def _intrinsics(path: Path) -> Intrinsics:
    values = read_json(path)
    try:
        k = np.array(values["K"], np.float64).reshape(3, 3).T  # stored column by column
        return Intrinsics(
            float(k[0, 0]),
            float(k[1, 1]),
            float(k[0, 2]) + 0.5,  # from pixel centres at whole numbers
            float(k[1, 2]) + 0.5,
            int(values["w"]),
            int(values["h"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"not the metadata of a scene: {error}") from error


def _poses(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yield numbers of frames and world to camera."""
    for line in read_text(path).splitlines():
        words = line.split()
        if not words:
            continue
        try:
            to_world = np.array([float(word) for word in words[1:]]).reshape(4, 4)
            yield int(float(words[0])), np.linalg.inv(to_world)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise damaged(path, f"this is not a pose: {line[:80]}") from error
