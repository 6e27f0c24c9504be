"""One stage over many stored scenes, on a Ray cluster that runs."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from pipeline.each import EachStage, Item
from pipeline.stop import Stop
from schemas.errors import FailureReason, RunError
from schemas.records import Failed, Made, PhotoFile

_TRIES = 3
_WAIT_SECONDS = 0.2


def each_on_ray(
    stage: EachStage[Item], scenes: Sequence[Item], stop: Stop
) -> Iterator[Made | Failed]:
    """Yield outcomes as they come; a scene whose worker dies is tried again, three times in all.

    Raises RunError where the stage says that no scene is at fault.
    """
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    task = ray.remote(num_cpus=min(stage.cores, cores), max_retries=0)(_process)
    shared = ray.put(stage)
    window = 2 * max(1, cores // stage.cores)
    waiting = deque((scene, 1) for scene in scenes)
    running: dict[Any, tuple[Item, int]] = {}
    while waiting or running:
        if stop.is_asked:
            waiting.clear()
        while waiting and len(running) < window:
            scene, tries = waiting.popleft()
            running[task.remote(shared, scene)] = (scene, tries)
        finished, _ = ray.wait(list(running), timeout=_WAIT_SECONDS) if running else ([], [])
        for ref in finished:
            scene, tries = running.pop(ref)
            try:
                yield ray.get(ref)
            except RayError as error:
                if isinstance(error, RayTaskError) and isinstance(error.cause, RunError):
                    raise error.cause from None
                if tries < _TRIES:
                    waiting.append((scene, tries + 1))
                else:
                    yield _lost(scene.photo, stage.name, error, tries)


def _process(stage: EachStage[Item], scene: Item) -> Made | Failed:
    return stage.process(scene)


def _lost(photo: PhotoFile, stage: str, error: RayError, tries: int) -> Failed:
    is_memory = isinstance(error, OutOfMemoryError)
    reason = FailureReason.OUT_OF_MEMORY if is_memory else FailureReason.WORKER_LOST
    message = f"the worker was lost {tries} times in a row"
    return Failed(photo, stage, reason, message, socket.gethostname())
