"""Stereo photos as samples: the right eye's picture is predicted from the left eye's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.decode.stereo import GivenCamera, StereoPhoto, decode_stereo
from sharp_core.evaluation.sample import Target, Views
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture

DATASET = "stereo-photos"


@dataclass(frozen=True, slots=True)
class StereoSample:
    """One stereo photo."""

    path: Path
    name: str  # its path below the folder that was given, without the suffix
    given: GivenCamera
    dataset: str = DATASET

    @property
    def pairs(self) -> tuple[str, ...]:
        """One pair: from the left eye to the right one."""
        return (self.name,)

    @property
    def files(self) -> tuple[Path, ...]:
        """The photo."""
        return (self.path,)

    def read(self) -> Views:
        """Decode both eyes. Raises PhotoError, OSError."""
        photo = decode_stereo(self.path, self.path.read_bytes(), self.given)
        left, right = cameras_of(photo)
        source = PosedPicture(photo.left, left)
        target = Target(self.name, PosedPicture(photo.right, right), photo.is_placed)
        return Views(source, _only(target), photo.notes)


def cameras_of(photo: StereoPhoto) -> tuple[Camera, Camera]:
    """Return the cameras of both eyes; the left one is the origin."""
    height, width = photo.left.shape[:2]
    left, right = (
        Intrinsics(focal, focal, *center, width, height)
        for focal, center in zip(photo.focal_px, photo.centers, strict=True)
    )
    aside = np.eye(4)
    aside[0, 3] = -photo.baseline_m
    return Camera(left, np.eye(4)), Camera(right, aside)


def _only(target: Target) -> Iterator[Target]:
    yield target
