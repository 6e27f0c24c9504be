"""Metrics of a library, from its catalog: true whether a run works or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC

import sqlalchemy as sa
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection

from jobs.monitoring.observers import RunObserver
from pipeline.catalog.status import LibraryStatus, read_status
from pipeline.library import Library
from schemas.errors import SharpBatchError
from schemas.records import PhotoState, RunState
from schemas.tables import scenes

_FRESH_SECONDS = 10.0  # for which an answer is given again: a million photos take 0.3 s
_SUMS_FRESH_SECONDS = 300.0  # of sums over all scenes, which are read from their table


class LibraryMetrics(RunObserver, Collector):
    """Reads the catalog when it is asked, and not more often than every few seconds.

    As an observer it knows that the end of a run has changed everything.
    """

    def __init__(self, library: Library, warn: Callable[[str], None] = lambda _: None) -> None:
        self._library = library
        self._warn = warn
        self._has_warned = False
        self._lock = threading.Lock()
        self._metrics: list[Metric] = []
        self._read_at = self._sums_read_at = -float("inf")  # monotonic time
        self._sums: list[Metric] = []

    def end(self, report: Mapping[str, object]) -> None:
        """Read the catalog again when the metrics are next asked for."""
        with self._lock:
            self._read_at = self._sums_read_at = -float("inf")

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; of a library without a catalog, or one that cannot be read, none."""
        with self._lock:
            now = time.monotonic()
            if now - self._read_at > _FRESH_SECONDS:
                self._read_at = now
                try:
                    self._metrics = self._read(now)
                except SharpBatchError as error:
                    self._metrics = []
                    if not self._has_warned:
                        self._has_warned = True
                        self._warn(f"no metrics of the library: {error}")
            metrics = [*self._metrics, *self._sums] if self._metrics else []
        yield from metrics

    def _read(self, now: float) -> list[Metric]:
        if not self._library.has_catalog():
            return []
        with self._library.read() as connection:
            status = read_status(connection)
            if now - self._sums_read_at > _SUMS_FRESH_SECONDS:
                self._sums = [_stage_seconds(connection)]
                self._sums_read_at = now
        return list(_of_status(status, self._library.store.free_bytes()))


def _of_status(status: LibraryStatus, free_bytes: int | None) -> Iterator[Metric]:
    photos = {state.value: status.photos.get(state.value, 0) for state in PhotoState}
    yield _gauge("photos", "Photos by state; those that are due wait for a run.", "state", photos)
    yield _gauge("photos_failed", "Photos without a scene, by reason.", "reason", status.failed)
    yield _gauge("photos_skipped", "Photos that are skipped, by reason.", "reason", status.skipped)
    yield _gauge("scenes", "Stored scenes.", "model", status.scenes)
    yield _gauge("stored_bytes", "Bytes of stored files, by kind.", "kind", status.bytes)
    if free_bytes is not None:
        yield _gauge("disk_free_bytes", "Free bytes of the library's disk.", None, {"": free_bytes})
    active, finished, seconds, counts = _run_families()
    seen = set()
    for run in status.runs:  # the newest first
        active.add_metric([run.command], int(run.state == RunState.RUNNING))
        if run.command in seen or run.finished_at is None:
            continue
        seen.add(run.command)
        finished.add_metric([run.command], run.finished_at.replace(tzinfo=UTC).timestamp())
        seconds.add_metric([run.command], run.seconds or 0.0)
        counts.add_metric([run.command, "done"], run.done or 0)
        counts.add_metric([run.command, "failed"], run.failed or 0)
    yield from (_newest(active), finished, seconds, counts)


def _run_families() -> tuple[GaugeMetricFamily, ...]:
    last = "Of the last run of each command:"
    return (
        GaugeMetricFamily("sharp_batch_run_active", "1 while a run works.", labels=["command"]),
        GaugeMetricFamily(
            "sharp_batch_last_run_finished_timestamp_seconds",
            f"{last} when it ended.",
            labels=["command"],
        ),
        GaugeMetricFamily(
            "sharp_batch_last_run_seconds", f"{last} how long it took.", labels=["command"]
        ),
        GaugeMetricFamily(
            "sharp_batch_last_run_photos",
            f"{last} what became of its photos or scenes.",
            labels=["command", "outcome"],
        ),
    )


def _newest(family: GaugeMetricFamily) -> GaugeMetricFamily:
    """Keep the first sample of each command."""
    samples = {sample.labels["command"]: sample for sample in reversed(family.samples)}
    family.samples = list(samples.values())
    return family


def _stage_seconds(connection: Connection) -> Metric:
    names = ("decode", "predict", "encode")
    columns = [sa.func.sum(scenes.c[f"{name}_seconds"]) for name in names]
    family = CounterMetricFamily(
        "sharp_batch_stage_seconds",
        "Seconds that the stored scenes took, by model and stage.",
        labels=["model", "stage"],
    )
    query = sa.select(scenes.c.model, *columns).group_by(scenes.c.model)
    for model, *sums in connection.execute(query):
        for name, total in zip(names, sums, strict=True):
            family.add_metric([model, name], float(total or 0.0))
    return family


def _gauge(name: str, text: str, label: str | None, values: dict[str, int]) -> GaugeMetricFamily:
    labels = [label] if label is not None else []
    family = GaugeMetricFamily(f"sharp_batch_{name}", text, labels=labels)
    for value, number in values.items():
        family.add_metric([value] if label is not None else [], number)
    return family
