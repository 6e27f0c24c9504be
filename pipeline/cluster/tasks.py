"""A photo on its way through a Ray cluster, as the driver knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.records import DecodedPhoto, PhotoFile

Ref = Any  # a ray.ObjectRef; ray has no types of its own


@dataclass(slots=True)
class PhotoTask:
    """A photo on its way."""

    file: PhotoFile
    photo: DecodedPhoto | None = None
    pixels: Ref = None  # in the object store
    crashes: int = 0  # while alone, those of earlier runs among them
    moves: int = 0  # of nodes that were lost with it
    began: float = 0.0  # when its task was sent off
    was_in_crash: bool = False  # together with others
    was_starved: bool = False  # of memory, together with others

    @property
    def is_suspect(self) -> bool:
        """Whether it goes alone."""
        return self.was_in_crash or self.was_starved or self.crashes > 0

    @property
    def input_bytes(self) -> int:
        """What its pixels take."""
        return 3 * self.photo.width * self.photo.height if self.photo else 0
