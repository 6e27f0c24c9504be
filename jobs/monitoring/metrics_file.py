"""A file of metrics in OpenMetrics format that a run keeps up to date, for a collector of files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import CollectorRegistry

from jobs.monitoring.observers import RunObserver, WatchedRun
from pipeline.store.disk_errors import check_folder_of
from pipeline.store.store import Store
from schemas.errors import SharpBatchError

_EVERY_SECONDS = 15.0


class MetricsFile(RunObserver):
    """Writes the file, always whole: at the begin and the end of a run, and every 15 s between."""

    def __init__(
        self, path: Path, registry: CollectorRegistry, warn: Callable[[str], None]
    ) -> None:
        """Take the file. Raises UsageError where its folder does not exist."""
        check_folder_of(path)
        self._path = path
        self._registry = registry
        self._warn = warn
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_warned = False

    def begin(self, run: WatchedRun) -> None:
        """Start the thread that writes."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._keep, name="metrics", daemon=True)
        self._thread.start()

    def end(self, report: Mapping[str, object]) -> None:
        """Write the last state."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._write()

    def _keep(self) -> None:
        self._write()
        while not self._ended.wait(_EVERY_SECONDS):
            self._write()

    def _write(self) -> None:
        try:
            text: bytes = generate_latest(self._registry)  # type: ignore[no-untyped-call]
            Store(self._path.absolute().parent).write(
                self._path.name, lambda file: file.write(text)
            )
        except (SharpBatchError, OSError) as error:
            if not self._has_warned:
                self._has_warned = True
                self._warn(f"{self._path}: the metrics could not be written: {error}")
