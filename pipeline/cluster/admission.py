"""Which photos of a run may begin now: its window over the cluster's cores, predictors and memory.

Photos that were starved of memory wait here too, until each can have the whole cluster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.cluster.object_store_budget import ObjectStoreBudget
from pipeline.cluster.resources import Resources
from pipeline.cluster.tasks import PhotoTask
from pipeline.work.stop import Stop
from schemas.records import PhotoFile


class InFlight(NamedTuple):
    """How many photos of a run are where, at one moment."""

    decoding: int = 0
    ready: int = 0  # decoded, and waiting for a batch
    decoded: int = 0  # all that hold pixels: those ready, suspects, and those at a predictor
    decoded_bytes: int = 0  # of their pixels
    encoding: int = 0


class Admission:
    """Gives the photos of a run, one after the other, as the cluster has room for them."""

    def __init__(
        self,
        photos: Iterator[PhotoFile],
        stop: Stop,
        resources: Resources,
        batch_size: int,
        scene_bytes: int,
    ) -> None:
        self._photos = photos
        self._stop = stop
        self._resources = resources
        self._batch_size = batch_size
        self._starved: deque[PhotoTask] = deque()
        self.budget = ObjectStoreBudget(resources.object_store_bytes, scene_bytes)
        self.is_exhausted = False  # no photo is to come

    def fit(self, resources: Resources) -> None:
        """Count on these resources from now on."""
        self._resources = resources
        self.budget.resize(resources.object_store_bytes)

    def next_photo(self, in_flight: InFlight, *, has_begun: bool) -> PhotoTask | None:
        """Return a photo that may begin now, if there is one; `has_begun` after the first outcome.

        The queue before decoding is short: scenes that are to be encoded would wait behind it.
        Until the first outcome cores are left over, so that it need not wait while workers are
        started for others.
        """
        if self.is_exhausted:
            return None
        cores = self._resources.cores
        window = cores + 2 * self._batch_size * self._resources.predictors
        at_once = cores + 2 if has_begun else max(1, cores - 2)
        is_full = (
            in_flight.decoding + in_flight.ready >= window
            or in_flight.decoding >= at_once
            or not self.budget.fits_another(
                in_flight.decoding, in_flight.decoded, in_flight.decoded_bytes, in_flight.encoding
            )
        )
        if is_full:
            return None
        file = next(self._photos, None)
        if file is None or self._stop.is_asked:
            self.is_exhausted = True
            return None
        return PhotoTask(file, crashes=file.crashes)

    @property
    def has_starved(self) -> bool:
        """Whether photos wait until they can have all of the memory."""
        return bool(self._starved)

    def add_starved(self, task: PhotoTask) -> None:
        """Keep a photo until all others are through."""
        task.forget_pixels()
        self._starved.append(task)

    def next_starved(self) -> PhotoTask | None:
        """Return a starved photo, if no other is to come; the caller ensures that it is alone."""
        return self._starved.popleft() if self._starved and self.is_exhausted else None

    def close(self) -> None:
        """Give no more photos: the run is to stop."""
        self.is_exhausted = True
        self._starved.clear()
