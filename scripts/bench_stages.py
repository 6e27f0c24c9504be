"""Stages for benchmarks: they sleep for the time of the real ones, and return real-sized arrays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.pack_scene import PackedScene
from schemas.outcomes import Done
from schemas.records import (
    DecodedPhoto,
    FocalLength,
    FocalSource,
    MediaType,
    PhotoFile,
    PhotoMeta,
    ScaleSource,
    SceneRecord,
    StoredFile,
)
from sharp_core.formats.entry import PreparedScene
from sharp_core.formats.sog.planes import SogPlanes

GRID = (1536, 768)  # Gaussians of a scene, its two layers one above the other
NOWHERE = StoredFile("", 0, "")


@dataclass(frozen=True, slots=True)
class SleepingModel:
    """A model with a fingerprint and nothing else."""

    fingerprint: str = "sleeping"


@dataclass(frozen=True, slots=True)
class SleepingDecode:
    """Returns the pixels of a photo, by default of 12 megapixels."""

    seconds: float
    width: int = 4032
    height: int = 3024
    limit_s: float = 60.0

    def process(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels]:
        """Sleep as long as decoding takes."""
        time.sleep(self.seconds)
        focal = FocalLength(3200.0, FocalSource.DEFAULT)
        photo = DecodedPhoto(
            file, PhotoMeta(), focal, self.width, self.height, NOWHERE, self.seconds
        )
        return photo, np.zeros((self.height, self.width, 3), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class SleepingPredict:
    """Returns quantised scenes, by default of 1,179,648 Gaussians."""

    seconds: float
    grid: tuple[int, int] = GRID
    limit_s: float = 60.0

    @property
    def scene_bytes(self) -> int:
        """Bytes per scene."""
        return 17 * self.grid[0] * self.grid[1]

    def setup(self, threads: int | None = None) -> None:
        """Load nothing."""

    def process(self, photos: list[tuple[DecodedPhoto, Pixels]]) -> list[tuple[PackedScene, float]]:
        """Sleep as long as a network takes."""
        time.sleep(self.seconds * len(photos))
        return [(self._scene(), self.seconds) for _ in photos]

    def _scene(self) -> PackedScene:
        rgb, rgba = (np.zeros((*self.grid, channels), dtype=np.uint8) for channels in (3, 4))
        planes = SogPlanes(
            rgb, rgb.copy(), rgba, rgb.copy(), rgba.copy(),
            self.grid[0] * self.grid[1], (0, 0, 0), (1, 1, 1), (0.0,) * 256, (0.0,) * 256, None,
        )  # fmt: skip
        return PackedScene(
            PreparedScene("sog", planes), planes.splats, 1.0, 1.0, 1.0, None, ScaleSource.MODEL
        )


@dataclass(frozen=True, slots=True)
class SleepingEncode:
    """Reads every byte, as an encoder does, and stores nothing."""

    seconds: float
    limit_s: float = 60.0
    model: SleepingModel = SleepingModel()

    def process(self, photo: DecodedPhoto, scene: PackedScene, seconds: float) -> Done:
        """Sleep as long as encoding takes."""
        if isinstance(scene.content, PreparedScene):
            for image in scene.content.content.images():
                image.max()
        time.sleep(self.seconds)
        file_id = photo.file.photo_id
        record = SceneRecord(
            file_id, file_id, "small", "sleeping", "sog", None, NOWHERE, scene.gaussians,
            1.0, 1.0, 1.0, None, scene.scale_source, seconds, self.seconds,
        )  # fmt: skip
        return Done(photo, record)


def photos(count: int) -> Iterator[PhotoFile]:
    """Yield photos that do not exist."""
    for index in range(count):
        yield PhotoFile(f"{index:032x}", f"photo{index}.jpg", 1, 1, MediaType.JPEG)
