"""`SceneInfo`, the metadata of a splat file, and `StoredScene`, the result of reading one."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    is_360: bool = False  # goes all around; size and focal length are of the view to its front

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
    notes: tuple[str, ...] = ()  # what was left out, repaired or assumed, in words for people
    dropped: int = 0  # Gaussians that were left out, because they are not valid
    axes: str | None = None  # that the file states (scene.axes); the Gaussians are in ours already


# A file with more invalid Gaussians than this share is damaged as a whole.
_MOST_INVALID = 0.5


def scene_info_from_file(
    focal_px: float,
    width: float,
    height: float,
    photo_id: str | None,
    generator: str | None,
    *,
    is_360: bool = False,
) -> SceneInfo:
    """Return a SceneInfo from the numbers of a file. Raises FormatError if they are not valid."""
    if not (math.isfinite(width) and math.isfinite(height)):
        raise FormatError(f"image size: {width} x {height} pixels is not one")
    try:
        return SceneInfo(focal_px, int(width), int(height), photo_id, generator, is_360)
    except ValueError as error:
        raise FormatError(str(error)) from None


def scene_info_from_entries(
    entries: Mapping[str, object], photo_id: object, generator: object
) -> SceneInfo:
    """Return a SceneInfo from named values of a file, which may be of any type.

    Raises FormatError if size or focal length are not valid.
    """
    numbers = [entries.get(name) for name in ("focal_px", "width", "height")]
    # An integer of any length compares with a float without overflowing.
    if not all(isinstance(number, int | float) and abs(number) < 1e30 for number in numbers):
        raise FormatError("its size or focal length is not a number")
    focal_px, width, height = (float(number) for number in numbers)  # type: ignore[arg-type]
    return scene_info_from_file(
        *(focal_px, width, height),
        photo_id if isinstance(photo_id, str) else None,
        generator if isinstance(generator, str) else None,
        is_360=entries.get("is_360") is True,
    )


def valid_scene(
    gaussians: Gaussians,
    info: SceneInfo | None,
    sh_degree: int,
    notes: tuple[str, ...] = (),
) -> StoredScene:
    """Return the scene that a reader decoded, without the Gaussians that are not valid.

    Training leaves a few Gaussians with NaN or without a rotation in many published files. Raises
    FormatError if most of the Gaussians are not valid.
    """
    is_valid = gaussians.is_valid()
    count = len(gaussians)
    dropped = count - int(is_valid.sum())
    if dropped:
        found = invalid_text(dropped, count)
        if dropped > _MOST_INVALID * count:
            raise FormatError(found)
        gaussians = gaussians.select(is_valid)
        notes = (*notes, f"{found}: left out")
    return StoredScene(gaussians, info, sh_degree, notes, dropped)


def invalid_text(dropped: int, count: int) -> str:
    """Say how many of a scene's Gaussians are not valid."""
    verb = "is" if dropped == 1 else "are"
    return f"{dropped:,} of {count:,} Gaussians {verb} not finite or without a rotation"
