"""One stage mapped over many stored scenes on Ray; `work.map_scenes` does so in this process."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Generic

import ray

from pipeline.cluster import stall
from pipeline.cluster.fault_attribution import FaultRules, Loss, NextStep, attribute
from pipeline.cluster.head import Head
from pipeline.cluster.local import check_ray_lives
from pipeline.cluster.running_tasks import RunningTasks, wait_for
from pipeline.cluster.task_marks import TaskMarks, marked, notices_stop
from pipeline.cluster.tasks import StoredSceneTask
from pipeline.work.map_scenes import SceneStage, TaskT, process_in_time
from pipeline.work.stop import Stop
from pipeline.work.time_limit import process_dies_after
from schemas.outcomes import Failed, Made, Waiting

_POLL_SECONDS = 1.0  # between questions to the cluster which scenes have begun
_RULES = FaultRules(retry_timeouts=False)

_log = logging.getLogger(__name__)


def map_scenes_on_ray(
    stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
) -> Iterator[Made | Failed | Waiting]:
    """Yield outcomes as they come; a scene whose worker dies is tried again, three times in all.

    One that takes too long is not, and a lost node counts against none. One that is starved of
    memory is repeated when all others are through, since Ray ends several workers then, and only
    that counts. Raises SharpBatchError where no scene is at fault.
    """
    return _MapScenes(stage, scenes, stop).outcomes()


class _MapScenes(Generic[TaskT]):
    """One run over stored scenes: each of them waits, runs, is starved, or has had its outcome."""

    def __init__(self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop) -> None:
        total = ray.cluster_resources()
        self._cores = cores = min(stage.cores, _most_cores())
        # Ray hides GPUs from tasks that do not ask for a share of one.
        gpus = stage.gpus if total.get("GPU", 0) >= stage.gpus else 0.0
        at_once = min(total.get("CPU", 1) // cores, total["GPU"] // gpus if gpus else math.inf)
        self._window = 2 * max(1, int(at_once))
        self._task = ray.remote(num_cpus=cores, num_gpus=gpus, max_retries=0)(_process)
        self._stage = ray.put(stage)
        self._stop = stop
        self._head = Head()
        self._marks = TaskMarks()
        self._waiting = deque(StoredSceneTask(scene.photo, scene=scene) for scene in scenes)
        self._starved: deque[StoredSceneTask[TaskT]] = deque()
        self._running = RunningTasks[StoredSceneTask[TaskT]](stage.name, stage.limit_s, self._marks)
        self._stall = stall.StallTimer()
        self._polled = time.monotonic()

    def outcomes(self) -> Iterator[Made | Failed | Waiting]:
        """Yield outcomes as they come, and `Waiting` when nothing more has come back."""
        try:
            while self._waiting or self._running or self._starved:
                check_ray_lives()
                if self._head.is_reachable():
                    self._poll()
                    if self._stop.is_asked:
                        self._drop_what_waits()
                self._send()
                yield Waiting()
                for ref in wait_for([*self._running]) if self._running else ():
                    self._stall.note_progress()
                    yield from self._settle(*self._running.finish(ref))
        finally:
            self._marks.close()

    def _poll(self) -> None:
        """Ask which scenes have begun, and say so if none gets its turn."""
        if time.monotonic() - self._polled < _POLL_SECONDS:
            return
        self._polled = time.monotonic()
        self._running.note_begun()
        if not self._running or self._running.any_has_begun():
            self._stall.note_progress()
        elif self._stall.is_notice_due():
            cpus, gpus = stall.free_resources()
            _log.warning(
                "No free resources for a scene for %g s: one takes %d CPUs, and %g CPUs "
                "and %g GPUs are free.",
                stall.PATIENCE_SECONDS, self._cores, cpus, gpus,
            )  # fmt: skip

    def _drop_what_waits(self) -> None:
        """Leave to the next run what has not begun."""
        self._marks.set_stop()
        self._waiting.clear()
        self._starved.clear()
        self._running.cancel_waiting()

    def _send(self) -> None:
        if self._starved and not (self._waiting or self._running):
            self._waiting.append(self._starved.popleft())
        while self._waiting and len(self._running) < self._window:
            task = self._waiting.popleft()
            mark = self._marks.new()
            ref = self._task.remote(self._stage, task.scene, mark, self._marks.run_id)
            self._running.add(ref, task, mark)

    def _settle(
        self, task: StoredSceneTask[TaskT], result: Made | Failed | Loss | None
    ) -> Iterator[Made | Failed]:
        """Yield what became of a scene, or send it through again.

        None is a scene whose worker has stopped with the run: it stays due.
        """
        if not isinstance(result, Loss):
            if result is not None:
                yield result
            return
        step, record = attribute(task, result, _RULES)
        if step is NextStep.RETRY_LAST:
            self._starved.append(task)
        elif step is NextStep.AGAIN:
            self._waiting.append(task)
        elif record is not None:
            yield record


def _most_cores() -> int:
    """Return how many cores one task can have: those of the largest machine."""
    machines = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return max(1, *(int(machine.get("CPU", 0)) for machine in machines))


def _process(
    stage: SceneStage[TaskT], scene: TaskT, mark: str, run_id: str
) -> Made | Failed | None:
    try:
        with marked(mark), process_dies_after(stage.limit_s), notices_stop(run_id):
            return process_in_time(stage, scene)
    except KeyboardInterrupt:
        return None
