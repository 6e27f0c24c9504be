"""`SceneInfo`, the metadata of a splat file, and `StoredScene`, the result of reading one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import FormatError

if TYPE_CHECKING:  # writing a quantised scene must not import torch
    from sharp_core.scene.gaussians import Gaussians

# Limit of a photo's side in pixels: far above any camera, and within the integers of all formats.
LONGEST_SIDE = 1 << 24


@dataclass(frozen=True, slots=True)
class SceneInfo:
    """Intrinsics and origin of a scene. Raises ValueError for invalid numbers."""

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
    """A scene that was read from a file."""

    gaussians: Gaussians
    info: SceneInfo | None  # None if the file does not store it
    sh_degree: int  # of the file's colours; view-dependent degrees above 0 are dropped


def scene_info_from_file(
    focal_px: float, width: float, height: float, photo_id: str | None, generator: str | None
) -> SceneInfo:
    """Return a SceneInfo from the numbers of a file. Raises FormatError if they are not valid."""
    if not (math.isfinite(width) and math.isfinite(height)):
        raise FormatError(f"image size: {width} x {height} pixels is not one")
    try:
        return SceneInfo(focal_px, int(width), int(height), photo_id, generator)
    except ValueError as error:
        raise FormatError(str(error)) from None


def validated_scene(gaussians: Gaussians, info: SceneInfo | None, sh_degree: int) -> StoredScene:
    """Return the scene that a reader decoded. Raises FormatError if a value is not valid."""
    try:
        gaussians.check()
    except ValueError as error:
        raise FormatError(str(error)) from None
    return StoredScene(gaussians, info, sh_degree)
