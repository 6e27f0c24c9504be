"""`PictureFile`: a picture of a data set with its camera, and where its depth comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sharp_core.evaluation.datasets.files import read_picture, unreadable
from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import Depth, Pixels, PosedPicture


class DepthSource(Protocol):
    """Gives the true depth of a picture."""

    @property
    def is_dense(self) -> bool:
        """Whether nearly all pixels have a depth."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it reads."""
        ...

    def read(self, camera: Camera) -> Depth:
        """Return depth in metres, NaN where it is unknown, for the camera. Raises PhotoError."""
        ...


class ImageSource(Protocol):
    """Gives the pixels of a picture for a pinhole camera."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    def read(self) -> Pixels:
        """Return (H, W, 3). Raises PhotoError."""
        ...


@dataclass(frozen=True, slots=True)
class PlainImage:
    """An image file that needs no undistortion."""

    path: Path

    def read(self) -> Pixels:
        """Decode it."""
        return read_picture(self.path)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One picture of a place."""

    name: str
    image: ImageSource
    camera: Camera  # of the pixels that `image` gives
    depth: DepthSource

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is read from, the picture first."""
        return (self.image.path, *self.depth.files)

    def read(self, *, with_depth: bool) -> PosedPicture:
        """Read the picture. Raises PhotoError where its size is not that of its camera."""
        pixels = self.image.read()
        depth = self.depth.read(self.camera) if with_depth else None
        try:
            return PosedPicture(pixels, self.camera, depth)
        except ValueError as error:
            raise unreadable(self.image.path, str(error)) from error
