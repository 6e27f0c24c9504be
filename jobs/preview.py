"""Previews of the scenes that filters select. Resumable: what is there is not made again."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from jobs.ingest import disk_full_is_known
from jobs.output import Output
from jobs.progress import RunProgress
from jobs.signals import Interrupted, ends_well
from pipeline.catalog import Catalog
from pipeline.database import open_database, read_catalog
from pipeline.each import EachRunner
from pipeline.lock import hold
from pipeline.previews import PreviewStage, due_previews
from pipeline.query import Filters
from pipeline.snapshot import write_snapshot
from pipeline.stop import Stop
from pipeline.store import Store
from schemas.errors import FailureReason
from schemas.records import Failed, KnownScene
from schemas.settings import PreviewSettings


@dataclass(slots=True)
class PreviewReport:
    """What a run did. selected = unchanged + done + failed + left, in scenes."""

    run_id: str
    library: str
    kinds: list[str]
    selected: int = 0
    unchanged: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0
    bytes: int = 0
    seconds: float = 0.0
    is_interrupted: bool = False
    reasons: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def preview(
    root: Path,
    filters: Filters,
    settings: PreviewSettings,
    output: Output,
    runner: Callable[[], contextlib.AbstractContextManager[EachRunner]],
) -> PreviewReport:
    """Make the previews that are missing. Raises UsageError, LibraryBusyError, RunError."""
    started = time.monotonic()
    store = Store(root)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    run_id = f"{stamp}-{uuid.uuid4().hex[:6]}"
    report = PreviewReport(run_id, str(root), [kind.value for kind in settings.kinds])
    with read_catalog(root) as connection:
        list(connection.exec_driver_sql("SELECT 1"))
    with hold(root, "preview") as dead, disk_full_is_known(root):
        if dead is not None:
            output.note(f"Taking over from {dead}, which did not end well.")
        store.sweep()
        with read_catalog(root) as connection:
            due, report.unchanged = due_previews(connection, store, filters, settings)
        report.selected = len(due) + report.unchanged
        with Catalog(open_database(root)) as catalog:
            catalog.begin_run(run_id, "preview", asdict(settings))
            state = "failed"
            try:
                _carry_out(due, catalog, report, settings, store, output, runner)
                state = "interrupted" if report.is_interrupted else "finished"
            finally:
                report.left = len(due) - report.done - report.failed
                report.seconds = round(time.monotonic() - started, 3)
                catalog.end_run(
                    run_id,
                    state,
                    due=len(due),
                    done=report.done,
                    failed=report.failed,
                    seconds=report.seconds,
                )
                text = json.dumps({**report.as_dict(), "state": state}, indent=1).encode()
                store.write(f"runs/{run_id}.json", lambda file: file.write(text))
                if catalog.is_changed:
                    with catalog.engine.connect() as reader:
                        write_snapshot(reader, store)
    return report


def _carry_out(
    due: list[KnownScene],
    catalog: Catalog,
    report: PreviewReport,
    settings: PreviewSettings,
    store: Store,
    output: Output,
    runner: Callable[[], contextlib.AbstractContextManager[EachRunner]],
) -> None:
    if not due:
        return
    stop = Stop()
    reasons: Counter[str] = Counter()

    def ending() -> None:
        output.note("Finishing the previews under way. Press Ctrl-C again to stop now.")

    with (
        ends_well(stop, ending),
        RunProgress(output, "scenes") as progress,
        contextlib.suppress(Interrupted),
    ):
        progress.begin(len(due))
        with runner() as run:
            for outcome in run.each(PreviewStage(settings, store), due, stop):
                catalog.record(outcome, report.run_id)
                progress.advance(outcome)
                if isinstance(outcome, Failed):
                    report.failed += 1
                    reasons[outcome.reason] += 1
                    if outcome.reason is FailureReason.DISK_FULL:
                        stop.ask()
                else:
                    report.done += 1
                    report.bytes += sum(artifact.file.bytes for artifact in outcome.artifacts)
    report.reasons = dict(reasons)
    report.is_interrupted = stop.is_requested and not reasons[FailureReason.DISK_FULL]
