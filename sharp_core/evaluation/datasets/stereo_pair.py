"""Rectified stereo pairs with true disparity: what Middlebury and Booster share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from schemas.errors import PhotoError, UsageError
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample
from sharp_core.evaluation.datasets.files import (
    checked_depth,
    image_size,
    refuse_nan,
    unreadable,
)
from sharp_core.evaluation.datasets.pfm import read_pfm
from sharp_core.evaluation.datasets.picture import PictureFile, PlainImage
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import Depth

_CHECKED = 3  # depth maps that are read at the beginning: a wrong unit shows before hours are lost


class Calibration(NamedTuple):
    """A rectified pair: intrinsics (3, 3) of both cameras, in pixels, and the baseline.

    The centre of the top left pixel is (0, 0), as in OpenCV.
    """

    left: np.ndarray
    right: np.ndarray
    baseline_m: float


@dataclass(frozen=True, slots=True)
class DisparityFile:
    """Disparity in pixels of either picture: depth = f b / (disparity + shift)."""

    path: Path
    constant: float  # f b, pixels times metres
    shift: float  # column of the right principal point minus that of the left one
    has_unit: bool  # whether --unit changes it
    is_dense: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        """The map."""
        return (self.path,)

    def read(self, _camera: Camera) -> Depth:
        """Return depth in metres. Raises PhotoError."""
        if self.path.suffix == ".pfm":
            disparity = read_pfm(self.path)
            refuse_nan(disparity, self.path, "infinite")
            is_stated = np.isfinite(disparity)
        else:
            disparity = _read_npy(self.path)
            refuse_nan(disparity, self.path, "0 or less")
            is_stated = np.isfinite(disparity) & (disparity > 0)
        shifted = disparity + np.float32(self.shift)
        known = is_stated & (shifted > 0)
        depth = np.full(disparity.shape, np.nan, np.float32)
        depth[known] = self.constant / shifted[known]
        return checked_depth(depth, self.path, unit_option=self.has_unit)


@dataclass(frozen=True, slots=True)
class NoDepth:
    """Of a target without a map of its own: evaluation needs none, training does."""

    is_dense: bool = False
    files: tuple[Path, ...] = ()

    def read(self, camera: Camera) -> Depth:
        """Return unknown depth."""
        size = (camera.intrinsics.height, camera.intrinsics.width)
        return np.full(size, np.nan, np.float32)


class StereoFiles(NamedTuple):
    """The files of one pair."""

    name: str
    left: Path
    right: Path
    disparity: Path
    right_disparity: Path  # may be missing
    calibration: Calibration
    has_unit: bool = False


def stereo_sample(dataset: str, files: StereoFiles) -> DatasetSample:
    """Return the sample of a pair: from the left picture to the right one. Raises UsageError."""
    left, right, baseline = files.calibration
    shift = float(right[0, 2] - left[0, 2])
    depth, right_depth = (
        DisparityFile(path, left[0, 0] * baseline, shift, files.has_unit)
        for path in (files.disparity, files.right_disparity)
    )
    seen = right_depth if files.right_disparity.is_file() else NoDepth()
    aside = np.eye(4)
    aside[0, 3] = -baseline
    source = _picture(f"{files.name}/left", files.left, left, np.eye(4), depth)
    target = _picture(f"{files.name}/right", files.right, right, aside, seen)
    return DatasetSample(dataset, source, (target,))


def drawn(samples: Sequence[DatasetSample], count: int, seed: int) -> list[DatasetSample]:
    """Return at most `count` samples, drawn by the seed, in their order."""
    if len(samples) <= count:
        return list(samples)
    chosen = sorted(random.Random(seed).sample(range(len(samples)), count))
    return [samples[index] for index in chosen]


def check_first(samples: Sequence[DatasetSample]) -> None:
    """Read the depth of some samples. Raises UsageError for a wrong unit or a damaged map."""
    for sample in samples[:_CHECKED]:
        try:
            sample.source.depth.read(sample.source.camera)
        except PhotoError as error:
            raise UsageError(error.message) from error


def _picture(
    name: str, path: Path, matrix: np.ndarray, viewmat: np.ndarray, depth: DisparityFile | NoDepth
) -> PictureFile:
    width, height = image_size(path)
    try:
        intrinsics = Intrinsics(
            float(matrix[0, 0]),
            float(matrix[1, 1]),
            float(matrix[0, 2]) + 0.5,
            float(matrix[1, 2]) + 0.5,
            width,
            height,
        )
    except ValueError as error:
        raise UsageError(f"the calibration of {path}: {error}") from error
    return PictureFile(name, PlainImage(path), Camera(intrinsics, viewmat), depth)


def _read_npy(path: Path) -> Depth:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise unreadable(path, str(error)) from error
    if values.ndim != 2:
        raise unreadable(path, f"expected a map of two dimensions, found {values.shape}")
    depth: Depth = values.astype(np.float32)
    return depth
