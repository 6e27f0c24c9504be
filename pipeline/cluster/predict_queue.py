"""Decoded photos that wait for a predictor, and which predictor gets which of them.

Most go in batches. A suspect, which may have crashed a predictor, gets an idle predictor to itself,
and so does a health check; meanwhile the other predictors go on with batches.
"""

from __future__ import annotations

from collections import deque

from pipeline.cluster.predictor import PredictorActor
from pipeline.cluster.predictors import Predictors
from pipeline.cluster.tasks import PhotoTask
from pipeline.cluster.workers import CALLS_PER_PREDICTOR
from schemas.outcomes import Failed


class PredictQueue:
    """The photos of a run between decoding and prediction."""

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._ready: deque[PhotoTask] = deque()
        self._suspects: deque[PhotoTask] = deque()
        self._held: list[Failed] = []  # given up, if a predictor survives a health check

    def __len__(self) -> int:
        """Count the photos that wait."""
        return len(self._ready) + len(self._suspects)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do here, a health check included."""
        return not (self._ready or self._suspects or self._held)

    @property
    def ready(self) -> int:
        """How many photos wait for a batch."""
        return len(self._ready)

    @property
    def pixel_bytes(self) -> int:
        """What the pixels of all that wait take."""
        return sum(task.input_bytes for queue in (self._ready, self._suspects) for task in queue)

    def add(self, task: PhotoTask) -> None:
        """Add a photo that has just been decoded, or is to be predicted once more, alone."""
        (self._suspects if task.is_suspect else self._ready).append(task)

    def hold_for_health_check(self, failure: Failed) -> None:
        """Hold back a failure until a predictor has passed a health check."""
        self._held.append(failure)

    def confirm(self) -> list[Failed]:
        """Return the failures that were held back: a predictor has passed a health check."""
        failures, self._held = self._held, []
        return failures

    def clear(self) -> None:
        """Drop the photos: the run is to stop. Failures stay."""
        self._ready.clear()
        self._suspects.clear()

    def dispatch(self, predictors: Predictors, *, more_to_come: bool) -> None:
        """Give photos to predictors that can take them; with `more_to_come` batches may grow."""
        available = self._dispatch_alone(predictors)
        for predictor in available:
            while self._ready and len(predictor.calls) < CALLS_PER_PREDICTOR:
                grows = len(self._ready) < self._batch_size and more_to_come
                if predictor.is_exclusive or (predictor.calls and grows):
                    break
                count = min(len(self._ready), self._batch_size)
                predictor.predict([self._ready.popleft() for _ in range(count)])

    def _dispatch_alone(self, predictors: Predictors) -> list[PredictorActor]:
        """Give one idle predictor a suspect or a health check; return those for batches."""
        ready = predictors.ready
        if not (self._suspects or self._held) or any(p.is_exclusive for p in ready):
            return ready
        idle = [predictor for predictor in ready if not predictor.calls]
        if not idle:
            return ready[1:]  # one takes no more from now on, so that it falls idle
        if not self._held:
            # Rather on another predictor than where it crashed before.
            photo_id = self._suspects[0].file.photo_id
            idle.sort(key=lambda predictor: photo_id in predictor.died_of)
        chosen = idle[0]
        if not chosen.is_alive():  # no photo is at fault
            predictors.replace_dead(chosen)
            return [predictor for predictor in ready if predictor is not chosen]
        if self._held:
            chosen.health_check()
        else:
            chosen.predict([self._suspects.popleft()])
        return ready
