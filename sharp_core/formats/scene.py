"""What a splat file holds beside its Gaussians, and what reading one gives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import FormatError

if TYPE_CHECKING:  # so that whoever writes quantised scenes need not import torch
    from sharp_core.scene.gaussians import Gaussians

# The most a side of a photo can be: far above any camera, and safe in every integer of a format.
LONGEST_SIDE = 1 << 24


@dataclass(frozen=True, slots=True)
class SceneInfo:
    """What makes a scene metric and viewable. Raises ValueError if a number makes no sense."""

    focal_px: float  # of the upright photo
    width: int  # of the upright photo, pixels
    height: int
    photo_id: str | None = None
    generator: str | None = None  # the program that made the scene, with its version

    def __post_init__(self) -> None:
        if not (math.isfinite(self.focal_px) and self.focal_px > 0):
            raise ValueError(f"focal length: expected pixels above zero, found {self.focal_px}")
        if not (0 < self.width <= LONGEST_SIDE and 0 < self.height <= LONGEST_SIDE):
            raise ValueError(f"image size: {self.width} x {self.height} pixels is not one")


class StoredScene(NamedTuple):
    """A scene as it was read from a file."""

    gaussians: Gaussians
    info: SceneInfo | None  # None where the file does not say
    sh_degree: int  # of the file's colours; what is above 0 depends on the view and is dropped


def info_of_file(
    focal_px: float, width: float, height: float, photo_id: str | None, generator: str | None
) -> SceneInfo:
    """Return a SceneInfo of numbers from a file. Raises FormatError if they make no sense."""
    if not (math.isfinite(width) and math.isfinite(height)):
        raise FormatError(f"image size: {width} x {height} pixels is not one")
    try:
        return SceneInfo(focal_px, int(width), int(height), photo_id, generator)
    except ValueError as error:
        raise FormatError(str(error)) from None


def checked_scene(gaussians: Gaussians, info: SceneInfo | None, sh_degree: int) -> StoredScene:
    """Return a scene that was read. Raises FormatError if a value in it makes no sense."""
    try:
        gaussians.check()
    except ValueError as error:
        raise FormatError(str(error)) from None
    return StoredScene(gaussians, info, sh_degree)
