"""Sets up who watches the runs of a command or of a night: hooks, files and servers of metrics."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from jobs.console.output import Output
from jobs.monitoring.observers import RunObserver, observed_by
from pipeline.library import Library
from schemas.monitoring_settings import HookSettings, MetricsSettings


@contextlib.contextmanager
def watching(
    library: Library,
    hooks: HookSettings,
    metrics: MetricsSettings,
    output: Output,
    port: int | None = None,
) -> Iterator[None]:
    """Have the runs inside call the hooks and show their metrics: in a file, and on a port.

    Raises UsageError where the file's folder does not exist.
    """
    observers: list[RunObserver] = []
    with contextlib.ExitStack() as stack:
        if hooks.run_hook is not None or hooks.scene_hook is not None:
            from jobs.monitoring.hooks import Hooks

            observers.append(Hooks(hooks, output.warn))
        if metrics.metrics_file is not None or port is not None:
            # Imported here: most runs need none of it.
            from prometheus_client.registry import CollectorRegistry

            from jobs.monitoring.library_metrics import LibraryMetrics
            from jobs.monitoring.metrics_file import MetricsFile
            from jobs.monitoring.metrics_server import serving_metrics
            from jobs.monitoring.run_metrics import RunMetrics

            registry, counts = CollectorRegistry(auto_describe=False), RunMetrics()
            of_library = LibraryMetrics(library, output.warn)
            registry.register(of_library)
            registry.register(counts)
            observers += [of_library, counts]  # before the file, which asks them
            if metrics.metrics_file is not None:
                observers.append(MetricsFile(metrics.metrics_file, registry, output.warn))
            stack.enter_context(serving_metrics(port, registry, output.warn))
        stack.enter_context(observed_by(observers))
        yield
