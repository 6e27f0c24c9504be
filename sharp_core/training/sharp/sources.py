"""What training learns from: pairs of posed pictures (stage 1) and single photos (stage 2).

A source depends on its own settings and the number asked for alone. So a run that was stopped and
resumed sees what an unbroken one would have seen, and workers share a run by taking different
numbers. Sources travel to other processes, so they must be picklable.

Numbers from `HELD_OUT` on are asked for to look at results. A source of a limited size gives them
what it keeps from training, where it has enough to keep some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sharp_core.scene.posed_picture import PosedPicture

HELD_OUT = 2**40  # no run has as many steps


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPair:
    """Two pictures of one place with depth: infinite is the sky, NaN not known."""

    source: PosedPicture  # the network sees it
    target: PosedPicture  # the novel view

    def __post_init__(self) -> None:
        for picture in (self.source, self.target):
            if picture.depth_m is None:
                raise ValueError("a training pair needs the depth of both pictures")


class PairSource(Protocol):
    """Makes the pairs of stage 1."""

    def check(self) -> None:
        """Look at everything that can be looked at before the run. Raises UsageError."""

    def pair(self, number: int) -> TrainingPair:
        """Return one of any number of pairs."""
        ...


class PhotoSource(Protocol):
    """Makes the photos of stage 2."""

    def check(self) -> None:
        """Look at everything that can be looked at before the run. Raises UsageError."""

    def photo(self, number: int) -> PosedPicture:
        """Return one of any number of photos, whose camera is the world's frame."""
        ...
