"""One stage over many stored scenes, on a Ray cluster that runs."""

from __future__ import annotations

import logging
import math
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import ray
from ray.exceptions import RayError

from pipeline.cluster.fault_attribution import Loss, LossKind, task_loss
from pipeline.cluster.local import check_ray_lives
from pipeline.cluster.running_tasks import AtWork, at_work
from pipeline.work.crash_limit import MOST_MOVES, given_up, is_last_crash, lost_nodes
from pipeline.work.map_scenes import SceneStage, TaskT, process_in_time
from pipeline.work.stop import Stop
from pipeline.work.time_limit import GRACE_SECONDS, process_dies_after
from schemas.errors import FailureReason
from schemas.records import Failed, Made

_WAIT_SECONDS = 0.2  # how often the driver looks up, for Ctrl-C
_LOOK_SECONDS = 1.0  # between looks at which scenes are at work
_PATIENCE_SECONDS = 60.0  # in which no scene gets its turn, before something is said

_log = logging.getLogger(__name__)


def map_scenes_on_ray(
    stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
) -> Iterator[Made | Failed]:
    """Yield outcomes as they come; a scene whose worker dies is tried again, three times in all.

    One that takes too long is not, and a lost node is nobody's fault. One that is starved of memory
    goes again when all others are through, since Ray ends several workers then, and only that
    counts. Raises SharpBatchError where no scene is at fault.
    """
    return _MapScenes(stage, scenes, stop).outcomes()


@dataclass(slots=True)
class _OnItsWay(Generic[TaskT]):
    """A scene that is not finished."""

    scene: TaskT
    crashes: int = 0
    moves: int = 0  # from nodes that were lost
    was_starved: bool = False  # of memory, which others may have taken
    note: str = ""  # that it leaves while it is at work
    began: float | None = None  # when it was first seen to be at work


class _MapScenes(Generic[TaskT]):
    """One run's state: every scene in it is in exactly one of the collections below."""

    def __init__(self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop) -> None:
        there = ray.cluster_resources()
        self._cores = cores = min(stage.cores, _most_cores())
        # Ray hides GPUs from tasks that do not ask for a share of one.
        gpus = stage.gpus if there.get("GPU", 0) >= stage.gpus else 0.0
        at_once = min(there.get("CPU", 1) // cores, there["GPU"] // gpus if gpus else math.inf)
        self._window = 2 * max(1, int(at_once))
        self._task = ray.remote(num_cpus=cores, num_gpus=gpus, max_retries=0)(_process)
        self._stage = stage
        self._shared_stage = ray.put(stage)
        self._stop = stop
        self._at_work = AtWork()
        self._waiting = deque(_OnItsWay(scene) for scene in scenes)
        self._starved: deque[_OnItsWay[TaskT]] = deque()
        self._running: dict[Any, _OnItsWay[TaskT]] = {}
        self._looked = self._last_work = time.monotonic()

    def outcomes(self) -> Iterator[Made | Failed]:
        """Yield outcomes as they come."""
        while self._waiting or self._running or self._starved:
            check_ray_lives()
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                self._look()
                self._say_if_stuck()
            if self._stop.is_asked:
                self._drop_what_waits()
            self._send()
            yield from self._come_back()

    def _look(self) -> None:
        """See which scenes are at work."""
        self._looked = now = time.monotonic()
        notes = self._at_work.look()
        for item in self._running.values():
            if item.began is None and item.note in notes:
                item.began = now

    def _say_if_stuck(self) -> None:
        if not self._running or any(item.began is not None for item in self._running.values()):
            self._last_work = self._looked
        elif self._looked - self._last_work > _PATIENCE_SECONDS:
            self._last_work = self._looked
            free = ray.available_resources()
            _log.warning(
                "The cluster has had no room for a scene for %g s: one takes %d CPUs, and %g CPUs "
                "and %g GPUs are free.",
                _PATIENCE_SECONDS, self._cores, free.get("CPU", 0), free.get("GPU", 0),
            )  # fmt: skip

    def _drop_what_waits(self) -> None:
        """Leave to the next run what is not at work: on a full cluster its turn may never come."""
        self._waiting.clear()
        self._starved.clear()
        if not self._running:
            return
        refs = list(self._running)
        done, _ = ray.wait(refs, num_returns=len(refs), timeout=0)  # and not yet taken in
        self._look()
        idle = [ref for ref, item in self._running.items() if item.began is None]
        for ref in set(idle) - set(done):
            del self._running[ref]
            ray.cancel(ref)

    def _send(self) -> None:
        if self._starved and not (self._waiting or self._running):
            self._waiting.append(self._starved.popleft())
        while self._waiting and len(self._running) < self._window:
            item = self._waiting.popleft()
            item.note = self._at_work.new_note()
            item.began = None
            self._running[self._task.remote(self._shared_stage, item.scene, item.note)] = item

    def _come_back(self) -> Iterator[Made | Failed]:
        if not self._running:
            return
        finished, _ = ray.wait(list(self._running), timeout=_WAIT_SECONDS)
        for ref in finished:
            self._last_work = time.monotonic()
            item = self._running.pop(ref)
            try:
                outcome = ray.get(ref)
            except RayError as error:
                check_ray_lives()
                self._at_work.forget(item.note)
                yield from self._lost(item, self._loss(item, error))
            else:
                yield outcome

    def _loss(self, item: _OnItsWay[TaskT], error: RayError) -> Loss:
        """Return what befell a scene. Raises SharpBatchError where it would befall any."""
        # A worker that does not hear its limit ends at the end of the grace. That it has begun is
        # seen a little late, and what dies sooner has heard its limit.
        limit_s = self._stage.limit_s
        is_late = (
            item.began is not None and time.monotonic() - item.began > limit_s + GRACE_SECONDS / 2
        )
        return task_loss(self._stage.name, limit_s, error, is_late=is_late)

    def _lost(self, item: _OnItsWay[TaskT], loss: Loss) -> Iterator[Failed]:
        """Send a scene through again, or give it up."""
        photo, stage = item.scene.photo, self._stage.name
        match loss.kind:
            case LossKind.NODE:
                item.moves += 1
                if item.moves > MOST_MOVES:
                    yield lost_nodes(photo, stage, item.moves, None)
                    return
            case LossKind.MEMORY if not item.was_starved:
                item.was_starved = True
                self._starved.append(item)
                return
            case _:
                item.crashes += 1
                if loss.reason is FailureReason.TIMEOUT:
                    yield Failed(photo, stage, loss.reason, loss.message, socket.gethostname())
                    return
                if is_last_crash(item.crashes):
                    yield given_up(photo, stage, loss.reason, loss.message, item.crashes, None)
                    return
        self._waiting.append(item)


def _most_cores() -> int:
    """Return how many cores one task can have: those of the largest machine."""
    machines = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return max(1, *(int(machine.get("CPU", 0)) for machine in machines))


def _process(stage: SceneStage[TaskT], scene: TaskT, note: str) -> Made | Failed:
    with at_work(note), process_dies_after(stage.limit_s):
        return process_in_time(stage, scene)
