"""What runs inside the workers of a Ray cluster: a stage each, and nothing else.

Ray itself retries nothing: it cannot know whose fault a crash is, and `ray_flow` does. A worker
imports what its own stage needs, when that comes to it: torch, which takes seconds, for predictors
alone.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import ray

from pipeline.work.time_limit import process_dies_after
from schemas.errors import RunError
from schemas.records import (
    DecodedPhoto,
    Failed,
    FocalLength,
    FocalSource,
    MediaType,
    PhotoFile,
    PhotoMeta,
    StoredFile,
)

if TYPE_CHECKING:
    from pipeline.flow.decode_stage import DecodeStage, Pixels
    from pipeline.flow.encode_stage import EncodeStage
    from pipeline.flow.flow import Flow
    from pipeline.flow.payload import CompactScene
    from pipeline.flow.predict_stage import PredictStage
    from schemas.records import Done, Skipped

Actor = Any  # a handle; ray has no types of its own
CALLS_PER_PREDICTOR = 2  # one is worked on, one waits with its pixels at hand
_PROBE_SIDE = 256


def _decode(
    stage: DecodeStage, file: PhotoFile
) -> tuple[DecodedPhoto | Skipped | Failed, Pixels | None]:
    with process_dies_after(stage.limit_s):
        result = stage.process(file)
    return result if isinstance(result, tuple) else (result, None)


def _encode(
    stage: EncodeStage, photo: DecodedPhoto, scene: CompactScene, seconds: float
) -> Done | Failed:
    with process_dies_after(stage.limit_s):
        return stage.process(photo, scene, seconds)


class _PredictorWorker:
    """Holds a loaded model."""

    def __init__(self, stage: PredictStage, predictors_a_node: int) -> None:
        self._stage = stage
        self._sharers = predictors_a_node
        self._one_at_a_time = threading.Lock()

    def start(self) -> str:
        """Load the model and return the node's id: a call of its own, for its errors."""
        # Ray gives an actor without CPUs only one thread.
        self._stage.setup(max(1, len(os.sched_getaffinity(0)) // self._sharers))
        return str(ray.get_runtime_context().get_node_id())

    def ping(self) -> None:
        """Show that it lives."""

    def predict(self, photos: list[DecodedPhoto], *pixels: Pixels) -> tuple[Any, ...]:
        """Return, first, the seconds or the failure of each photo; then each one's scene."""
        with self._one_at_a_time:
            results = self._stage.process(list(zip(photos, pixels, strict=True)))
        statuses = [r if isinstance(r, Failed) else r[1] for r in results]
        return (statuses, *(None if isinstance(r, Failed) else r[0] for r in results))

    def probe(self) -> None:
        """Predict a photo that nothing is wrong with. Raises RunError if that fails."""
        pixels = np.full((_PROBE_SIDE, _PROBE_SIDE, 3), 128, dtype=np.uint8)
        with self._one_at_a_time:
            (result,) = self._stage.process([(_PROBE, pixels)])
        if isinstance(result, Failed):
            raise RunError(
                f"the model fails at a photo that nothing is wrong with: {result.message}",
                "See 'sharp-batch doctor'. The photos stay due.",
            )


_PROBE = DecodedPhoto(
    PhotoFile("probe", "probe", 0, 0, MediaType.UNKNOWN),
    PhotoMeta(),
    FocalLength(float(_PROBE_SIDE), FocalSource.DEFAULT),
    _PROBE_SIDE,
    _PROBE_SIDE,
    StoredFile("", 0, ""),
    0.0,
)

decode_task = ray.remote(num_cpus=1, max_retries=0, num_returns=2)(_decode)
encode_task = ray.remote(num_cpus=1, max_retries=0)(_encode)
# Two calls at once: while one batch is predicted, the next one's pixels are on their way.
PredictorActor = ray.remote(
    num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=CALLS_PER_PREDICTOR
)(_PredictorWorker)


def spawn_predictor(flow: Flow, gpus: float, predictors_a_node: int) -> Actor:
    """Return a new actor; its model is loaded by its method `start`."""
    options = PredictorActor.options(num_gpus=gpus, scheduling_strategy="SPREAD")
    return options.remote(flow.predict, predictors_a_node)
