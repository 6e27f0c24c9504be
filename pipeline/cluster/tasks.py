"""Photos and stored scenes on a Ray cluster, as the driver knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic

from pipeline.work.map_scenes import TaskT
from schemas.records import DecodedPhoto, PhotoFile

Ref = Any  # a ray.ObjectRef; ray has no types of its own


@dataclass(slots=True)
class ClusterTask:
    """Work on one photo or on its stored scene, and what has gone wrong with it so far."""

    file: PhotoFile
    crashes: int = 0  # while alone, those of earlier runs among them
    moves: int = 0  # from nodes that were lost with it
    was_in_crash: bool = False  # together with others
    was_starved: bool = False  # of memory, together with others

    @property
    def is_suspect(self) -> bool:
        """Whether it is predicted alone."""
        return self.was_in_crash or self.was_starved or self.crashes > 0


@dataclass(slots=True)
class PhotoTask(ClusterTask):
    """A photo on its way from its file to a stored scene."""

    photo: DecodedPhoto | None = None
    pixels: Ref = None  # in the object store

    @property
    def input_bytes(self) -> int:
        """What its pixels take; 0 before it is decoded."""
        return 3 * self.photo.width * self.photo.height if self.photo else 0

    def forget_pixels(self) -> None:
        """Free what decoding has left in the object store."""
        self.photo = self.pixels = None


@dataclass(slots=True)
class StoredSceneTask(ClusterTask, Generic[TaskT]):
    """A stored scene on its way through one stage."""

    scene: TaskT = field(kw_only=True)
