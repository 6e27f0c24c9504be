"""Metrics of the runs of this process while they work: photos, queues, predictors."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.monitoring.observers import RunObserver, WatchedRun
from pipeline.work.monitor import StageCounts
from schemas.outcomes import Done, Failed, Made, Outcome, Skipped, Stage


class RunMetrics(RunObserver, Collector):
    """Counts what runs report. It is read from other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: WatchedRun | None = None
        self._photos, self._reasons = Counter[str](), Counter[str]()
        self._seconds: dict[str, float] = {}  # by stage
        self._bytes = 0

    def begin(self, run: WatchedRun) -> None:
        """Take the place of the run before; the counts go on."""
        self._run = run

    def outcome(self, outcome: Outcome) -> None:
        """Count an outcome."""
        with self._lock:
            match outcome:
                case Done():
                    scene = outcome.scene
                    self._photos["done"] += 1
                    self._bytes += scene.splat.bytes
                    self._bytes += sum(one.file.bytes for one in outcome.artifacts)
                    self._add(Stage.DECODE, outcome.photo.seconds)
                    self._add(Stage.PREDICT, scene.predict_seconds)
                    self._add(Stage.ENCODE, scene.encode_seconds)
                case Made():
                    self._photos["done"] += 1
                    self._bytes += outcome.bytes
                    if self._run is not None:
                        self._add(self._run.command, outcome.seconds)
                case Failed(is_final=True):
                    self._photos["failed"] += 1
                    self._reasons[outcome.reason] += 1
                case Skipped():
                    self._photos["skipped"] += 1

    def end(self, report: Mapping[str, object]) -> None:
        """Forget the run's monitor: nothing is under way any more."""
        self._run = None

    def _add(self, stage: str, seconds: float) -> None:
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        monitor = self._run.monitor if self._run is not None else None
        with self._lock:
            photos, reasons = self._photos.copy(), self._reasons.copy()
            seconds, written = dict(self._seconds), self._bytes
        yield _counter("photos", "Photos and scenes that runs have finished.", "outcome", photos)
        yield _counter("failures", "Photos and scenes that failed, by reason.", "reason", reasons)
        yield _counter("stage_work_seconds", "Seconds of work, by stage.", "stage", seconds)
        total = CounterMetricFamily(
            "sharp_batch_run_written_bytes", "Bytes of the files that were written."
        )
        total.add_metric([], written)
        yield total
        now = monitor.now if monitor is not None else StageCounts()
        queue = {
            "decode": now.decoding,
            "wait": now.waiting,
            "predict": now.predicting,
            "encode": now.encoding,
        }
        yield _gauge(
            "queue", "Photos under way, by stage; some wait for a predictor.", "stage", queue
        )
        predictors = {"loaded": now.predictors, "busy": now.busy}
        yield _gauge("predictors", "Model replicas, one for each GPU.", "state", predictors)
        if monitor is not None:
            times = {"busy": monitor.busy_seconds, "loaded": monitor.ready_seconds}
            yield _counter(
                "predictor_seconds",
                "Seconds of all replicas together; busy / loaded is the share of use.",
                "state",
                times,
            )


def _counter(name: str, text: str, label: str, values: Mapping[str, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"sharp_batch_run_{name}", text, labels=[label])
    for value, number in values.items():
        family.add_metric([str(value)], number)
    return family


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"sharp_batch_run_{name}", text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
