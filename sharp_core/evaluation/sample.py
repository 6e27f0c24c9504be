"""`Sample`: a photo to predict from, and other pictures of the same place to compare with.

Samples are small and pickled for workers; pictures are read where they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from sharp_core.scene.posed_picture import PosedPicture


class Target(NamedTuple):
    """A picture that the scene has to show as its camera did."""

    pair: str  # unique within the data set
    picture: PosedPicture
    # Whether the principal point is known. Flat stereo files shift both eyes by an unknown number
    # of pixels, sideways and, where cameras are not level, up or down.
    is_placed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """The pictures of a sample. All cameras share one world frame, in metres."""

    source: PosedPicture
    targets: Iterator[Target]  # read one after the other
    notes: tuple[str, ...] = field(default=())  # what a reader of the result has to know


class Sample(Protocol):
    """One source picture with its targets."""

    @property
    def dataset(self) -> str:
        """The name of its data set."""
        ...

    @property
    def name(self) -> str:
        """What its source is called: a path without suffix, unique within the data set."""
        ...

    @property
    def pairs(self) -> tuple[str, ...]:
        """The pairs that it gives, in the order of the targets."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that its pictures come from, the source's photo first."""
        ...

    def read(self) -> Views:
        """Read the source; targets are read as they are asked for. Raises PhotoError, OSError."""
        ...
