"""What a person is told of a run on a cluster: counts by stage, and why nothing happens."""

from __future__ import annotations

from pipeline.cluster import stall
from pipeline.cluster.predict_queue import PredictQueue
from pipeline.cluster.predictors import Predictors
from pipeline.cluster.running_tasks import RunningTasks
from pipeline.cluster.tasks import PhotoTask
from pipeline.work.monitor import RunMonitor, StageCounts
from schemas.outcomes import Stage


class RunReports:
    """Keeps a run's monitor up to date."""

    def __init__(self, monitor: RunMonitor) -> None:
        self._monitor = monitor
        self._has_said_starved = False
        self.stall = stall.StallTimer()

    def update(
        self,
        decoding: RunningTasks[PhotoTask],
        queue: PredictQueue,
        predictors: Predictors,
        encoding: RunningTasks[PhotoTask],
    ) -> None:
        """Report where the photos are, which stage the others wait for, and a stall."""
        ready = predictors.ready
        busy = sum(bool(predictor.calls) for predictor in ready)
        held_up_by: Stage | None = None
        if ready:
            if busy == len(ready):
                held_up_by = Stage.PREDICT
            else:
                held_up_by = Stage.ENCODE if len(encoding) > len(decoding) else Stage.DECODE
        counts = StageCounts(
            len(decoding), len(queue), len(predictors.tasks), len(encoding), len(ready), busy
        )
        self._monitor.update(counts, held_up_by)
        if busy:
            self.stall.note_progress()
        elif self.stall.is_notice_due():
            self._say_stalled("Nothing has come back" if ready else "No predictor has started")

    def say_starved(self) -> None:
        """Say, once, that memory ran low."""
        if not self._has_said_starved:
            self._has_said_starved = True
            self._monitor.notice(
                "Memory ran low, and Ray ended some of the work. The photos that were hit are "
                "repeated at the end, one by one."
            )

    def _say_stalled(self, what: str) -> None:
        cpus, gpus = stall.free_resources()
        self._monitor.notice(
            f"{what} for {stall.PATIENCE_SECONDS:g} s; the cluster has {cpus:g} CPUs and "
            f"{gpus:g} GPUs free."
        )
