"""What a run is doing right now, stage by stage, for its progress display and report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.outcomes import Stage


@dataclass(frozen=True, slots=True)
class StageCounts:
    """How many photos are where, at one moment."""

    decoding: int = 0
    waiting: int = 0  # decoded, for a predictor
    predicting: int = 0
    encoding: int = 0
    predictors: int = 0  # that are loaded
    busy: int = 0  # of them


@dataclass(slots=True)
class RunMonitor:
    """Holds where the photos of a run are, and which stage the others wait for.

    The runner updates it after each step.
    """

    notice: Callable[[str], None] = lambda _: None  # tells a person something
    now: StageCounts = StageCounts()
    _seconds: dict[Stage, float] = field(
        default_factory=dict
    )  # for which the others have waited for each stage
    _busy_seconds: float = 0.0  # of all predictors
    _ready_seconds: float = 0.0
    _held_up_by: Stage | None = None
    _updated: float = field(default_factory=time.monotonic)

    def update(self, now: StageCounts, held_up_by: Stage | None) -> None:
        """Set the counts from now on, and the stage that the others wait for from now on."""
        moment = time.monotonic()
        passed, self._updated = moment - self._updated, moment
        self._busy_seconds += passed * self.now.busy
        self._ready_seconds += passed * self.now.predictors
        if self._held_up_by is not None:
            so_far = self._seconds.get(self._held_up_by, 0.0)
            self._seconds[self._held_up_by] = so_far + passed
        self.now, self._held_up_by = now, held_up_by

    @property
    def busy_seconds(self) -> float:
        """For how long predictors have worked, all of them together."""
        return self._busy_seconds

    @property
    def ready_seconds(self) -> float:
        """For how long predictors have been loaded, all of them together."""
        return self._ready_seconds

    @property
    def busy_share(self) -> float | None:
        """The share of their time that predictors have worked; None before one was loaded."""
        return self._busy_seconds / self._ready_seconds if self._ready_seconds else None

    @property
    def limited_by(self) -> Stage | None:
        """The stage that the others have waited for most: decode, predict or encode."""
        return max(self._seconds, key=self._seconds.__getitem__, default=None)
