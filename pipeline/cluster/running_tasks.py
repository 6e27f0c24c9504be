"""The Ray tasks of one stage, from when they are sent off until they come back or are lost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayError

from pipeline.cluster.fault_attribution import Loss, task_loss
from pipeline.cluster.local import check_ray_lives
from pipeline.cluster.task_marks import TaskMarks
from pipeline.cluster.tasks import ClusterTask, Ref
from pipeline.work.time_limit import GRACE_SECONDS
from schemas.outcomes import Stage

_WAIT_SECONDS = 0.2  # how often the driver looks up, for Ctrl-C and for new photos

ClusterTaskT = TypeVar("ClusterTaskT", bound=ClusterTask)


@dataclass(slots=True)
class _Running(Generic[ClusterTaskT]):
    task: ClusterTaskT
    sent: float
    mark: str | None
    begun: float | None = None  # when its mark was first seen


class RunningTasks(Generic[ClusterTaskT]):
    """The tasks of one stage that have been sent off and have not come back."""

    def __init__(self, stage: Stage, limit_s: float, marks: TaskMarks | None = None) -> None:
        """With `marks`, tasks are timed from when they begin, else from when they are sent off."""
        self._stage = stage
        self._limit_s = limit_s
        self._marks = marks
        self._running: dict[Ref, _Running[ClusterTaskT]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._running

    def __iter__(self) -> Iterator[Ref]:
        return iter(self._running)

    def add(self, ref: Ref, task: ClusterTaskT, mark: str | None = None) -> None:
        """Take over a task that has just been sent off; it sets `mark` when it begins."""
        self._running[ref] = _Running(task, time.monotonic(), mark)

    def finish(self, ref: Ref) -> tuple[ClusterTaskT, Any | Loss]:
        """Return a task that has come back, with its result or with its loss.

        Raises SharpBatchError where any other task would be lost in the same way.
        """
        running = self._running.pop(ref)
        try:
            return running.task, ray.get(ref)
        except RayError as error:
            check_ray_lives()
            if self._marks is not None and running.mark is not None:
                self._marks.forget(running.mark)
            is_late = self._is_late(running)
            return running.task, task_loss(self._stage, self._limit_s, error, is_late=is_late)

    def note_begun(self) -> None:
        """Ask the cluster which tasks have begun."""
        marks = self._marks.begun() if self._marks is not None else None
        now = time.monotonic()
        for running in self._running.values():
            if running.begun is None and (marks is None or running.mark in marks):
                running.begun = running.sent if marks is None else now

    def any_has_begun(self) -> bool:
        """Tell whether any task was running when `note_begun` was last called."""
        return any(running.begun is not None for running in self._running.values())

    def cancel_waiting(self) -> None:
        """Cancel the tasks that have not begun: on a full cluster their turn may never come."""
        if not self._running:
            return
        refs = list(self._running)
        done, _ = ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
        self.note_begun()
        waiting = {ref for ref, running in self._running.items() if running.begun is None}
        for ref in waiting - set(done):
            del self._running[ref]
            ray.cancel(ref)

    def clear(self) -> None:
        """Drop all: their results are no longer wanted."""
        self._running.clear()

    def _is_late(self, running: _Running[ClusterTaskT]) -> bool:
        """Tell whether a task that died had run for longer than its limit.

        A worker that does not react at its limit dies at the end of the grace. A mark is seen a
        little late; what dies within half of the grace has reacted.
        """
        if self._marks is None:  # waiting counts too, but few of these tasks wait, and not for long
            return time.monotonic() - running.sent > self._limit_s + GRACE_SECONDS
        begun = running.begun
        return begun is not None and time.monotonic() - begun > self._limit_s + GRACE_SECONDS / 2


def wait_for(refs: Sequence[Ref]) -> list[Ref]:
    """Return those that have come back, as soon as one has, or after a moment.

    Results stay where they are: fetching would bring the arrays that belong to them to the driver.
    Raises RunError if Ray has died: its end would else count against photos.
    """
    finished, _ = ray.wait(refs, timeout=_WAIT_SECONDS, fetch_local=False)
    check_ray_lives()
    if finished:  # and all others that have: each call with hundreds takes time
        finished, _ = ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
    return list(finished)
