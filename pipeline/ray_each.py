"""One stage over many stored scenes, on a Ray cluster that runs."""

from __future__ import annotations

import math
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from pipeline.each import EachStage, Item, process_in_time
from pipeline.stop import Stop
from pipeline.time_limit import GRACE_SECONDS, process_dies_after
from schemas.errors import FailureReason, RunError
from schemas.records import Failed, Made

_TRIES = 3
_WAIT_SECONDS = 0.2


@dataclass(slots=True)
class _OnItsWay(Generic[Item]):
    """A scene that is not finished."""

    scene: Item
    tries: int = 0
    was_starved: bool = False  # of memory, which others may have taken
    began: float = 0.0  # when its task was sent off


def each_on_ray(
    stage: EachStage[Item], scenes: Sequence[Item], stop: Stop
) -> Iterator[Made | Failed]:
    """Yield outcomes as they come; a scene whose worker dies is tried again, three times in all.

    One that takes too long is not. One that is starved of memory goes again when all others are
    through, since Ray ends several workers then, and only that counts.
    Raises RunError where the stage says that no scene is at fault.
    """
    there = ray.cluster_resources()
    cores = min(stage.cores, max(1, int(there.get("CPU", 1))))
    # Ray hides GPUs from tasks that do not ask for a share of one.
    gpus = stage.gpus if there.get("GPU", 0) >= stage.gpus else 0.0
    task = ray.remote(num_cpus=cores, num_gpus=gpus, max_retries=0)(_process)
    shared = ray.put(stage)
    at_once = min(there.get("CPU", 1) // cores, there["GPU"] // gpus if gpus else math.inf)
    window = 2 * max(1, int(at_once))
    waiting = deque(_OnItsWay(scene) for scene in scenes)
    starved: deque[_OnItsWay[Item]] = deque()
    running: dict[Any, _OnItsWay[Item]] = {}
    while waiting or running or starved:
        if stop.is_asked:
            waiting.clear()
            starved.clear()
        if starved and not (waiting or running):
            waiting.append(starved.popleft())
        while waiting and len(running) < window:
            item = waiting.popleft()
            item.tries += 1
            item.began = time.monotonic()
            running[task.remote(shared, item.scene)] = item
        finished, _ = ray.wait(list(running), timeout=_WAIT_SECONDS) if running else ([], [])
        for ref in finished:
            item = running.pop(ref)
            try:
                yield ray.get(ref)
            except RayError as error:
                if isinstance(error, RayTaskError) and isinstance(error.cause, RunError):
                    raise error.cause from None
                if isinstance(error, OutOfMemoryError) and not item.was_starved:
                    item.was_starved = True
                    item.tries -= 1
                    starved.append(item)
                    continue
                lost = _lost(stage, item, error)
                if lost.reason is FailureReason.TIMEOUT or item.tries == _TRIES:
                    yield lost
                else:
                    waiting.append(item)


def _process(stage: EachStage[Item], scene: Item) -> Made | Failed:
    with process_dies_after(stage.limit_s):
        return process_in_time(stage, scene)


def _lost(stage: EachStage[Item], item: _OnItsWay[Item], error: RayError) -> Failed:
    message = f"the worker was lost {item.tries} times in a row"
    if isinstance(error, OutOfMemoryError):
        reason = FailureReason.OUT_OF_MEMORY
    elif time.monotonic() - item.began > stage.limit_s + GRACE_SECONDS:  # it did not hear its limit
        reason = FailureReason.TIMEOUT
        message = f"not finished after {stage.limit_s:g} s"
    else:
        reason = FailureReason.WORKER_LOST
    return Failed(item.scene.photo, stage.name, reason, message, socket.gethostname())
