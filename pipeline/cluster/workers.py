"""What runs inside the workers of a Ray cluster: a stage each, and nothing else.

Ray itself retries nothing: it cannot know which photo is at fault in a crash; the driver attributes
that. A worker imports what its own stage needs, when the stage arrives: torch, which takes seconds,
for predictors only.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import ray

from pipeline.cluster.task_marks import notices_stop
from pipeline.work.time_limit import process_dies_after
from pipeline.work.usable_cores import usable_cores
from schemas.outcomes import Failed
from schemas.records import DecodedPhoto, PhotoFile

if TYPE_CHECKING:
    from pipeline.flow.decode_stage import DecodeStage, Pixels
    from pipeline.flow.encode_stage import EncodeStage
    from pipeline.flow.flow import Flow
    from pipeline.flow.pack_scene import PackedScene
    from pipeline.flow.predict_stage import PredictStage
    from schemas.outcomes import Done, Skipped

Actor = Any  # a handle; ray has no types of its own
CALLS_PER_PREDICTOR = 2  # one runs, one waits with its pixels at hand


def _decode(
    stage: DecodeStage, file: PhotoFile, run_id: str
) -> tuple[DecodedPhoto | Skipped | Failed | None, Pixels | None]:
    """Return what became of the photo, and its pixels; None where the run stopped meanwhile."""
    try:
        with process_dies_after(stage.limit_s), notices_stop(run_id):
            result = stage.process(file)
    except KeyboardInterrupt:
        return None, None
    return result if isinstance(result, tuple) else (result, None)


def _encode(
    stage: EncodeStage, photo: DecodedPhoto, scene: PackedScene, seconds: float, run_id: str
) -> Done | Failed | None:
    """Return what became of the scene; None where the run stopped meanwhile."""
    try:
        with process_dies_after(stage.limit_s), notices_stop(run_id):
            return stage.process(photo, scene, seconds)
    except KeyboardInterrupt:
        return None


class _PredictorWorker:
    """Holds a loaded model."""

    def __init__(self, stage: PredictStage, predictors_on_node: int) -> None:
        self._stage = stage
        self._predictors_on_node = predictors_on_node
        self._one_at_a_time = threading.Lock()

    def start(self) -> str:
        """Load the model and return the node's id: a call of its own, for its errors."""
        # Ray gives an actor without CPUs only one thread.
        self._stage.setup(max(1, usable_cores() // self._predictors_on_node))
        return str(ray.get_runtime_context().get_node_id())

    def ping(self) -> None:
        """Show that it lives."""

    def predict(self, photos: list[DecodedPhoto], *pixels: Pixels) -> tuple[Any, ...]:
        """Return, first, the seconds or the failure of each photo; then each one's scene."""
        batch = list(zip(photos, pixels, strict=True))
        # Copied to the GPU while the other call is predicted.
        with self._stage.uploading(batch), self._one_at_a_time:
            results = self._stage.process(batch)
        statuses = [r if isinstance(r, Failed) else r[1] for r in results]
        return (statuses, *(None if isinstance(r, Failed) else r[0] for r in results))

    def health_check(self) -> None:
        """Predict a known-good test photo. Raises RunError if that fails."""
        from pipeline.flow.health_check import check_predictor

        with self._one_at_a_time:
            check_predictor(self._stage)


decode_task = ray.remote(num_cpus=1, max_retries=0, num_returns=2)(_decode)
encode_task = ray.remote(num_cpus=1, max_retries=0)(_encode)
# Two calls at once: while one batch is predicted, the next one's pixels are on their way.
PredictorActor = ray.remote(
    num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=CALLS_PER_PREDICTOR
)(_PredictorWorker)


def spawn_predictor(flow: Flow, gpus: float, predictors_on_node: int) -> Actor:
    """Return a new actor; its model is loaded by its method `start`."""
    options = PredictorActor.options(num_gpus=gpus, scheduling_strategy="SPREAD")
    return options.remote(flow.predict, predictors_on_node)
