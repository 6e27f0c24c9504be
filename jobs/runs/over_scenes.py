"""One run over stored scenes, whatever is made of them: locked, recorded, resumable."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple

from sqlalchemy.engine import Connection

from jobs.console.output import Output
from jobs.console.progress import RunProgress
from jobs.runs.signals import ends_well
from pipeline.catalog.snapshot import write_snapshot
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from pipeline.store.layout import ReportPath
from pipeline.work.failures import failed
from pipeline.work.map_scenes import InlineSceneRunner, SceneRunner, SceneStage, TaskT
from pipeline.work.stop import Stop
from schemas.errors import FailureReason, PhotoError
from schemas.records import ArtifactRecord, Failed, Made

RunnerMaker = Callable[[], contextlib.AbstractContextManager[SceneRunner]]


@dataclass(slots=True)
class EachReport:
    """What a run did. selected = unchanged + done + failed + left, in scenes."""

    run_id: str
    library: str
    selected: int = 0
    unchanged: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    is_interrupted: bool = False
    is_out_of_time: bool = False
    reasons: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


class EachWork(NamedTuple, Generic[TaskT]):
    """What a run makes of which scenes."""

    command: str
    settings: dict[str, object]  # as the catalog records them
    stage: SceneStage[TaskT]
    due: Callable[[Connection], tuple[list[TaskT], int]]  # and how many lack nothing
    # Once its row is written. A PhotoError makes a failure of it, and `unmade` rows are dropped.
    on_made: Callable[[Made], object] = lambda _: None
    unmade: Callable[[Made], Sequence[ArtifactRecord]] = lambda made: made.artifacts
    known: Callable[[], Sequence[ArtifactRecord]] = tuple  # what `due` found without a row
    close: Callable[[Connection], object] = lambda _: None  # at the end, however it came


def each_runner(inline: bool, address: str | None) -> RunnerMaker:
    """Return how a runner is made: in this process, or on Ray, which takes seconds to start."""

    def make() -> contextlib.AbstractContextManager[SceneRunner]:
        if inline:
            return contextlib.nullcontext(InlineSceneRunner())
        from pipeline.cluster.runner import ClusterSettings, RayRunner

        return RayRunner(ClusterSettings(address))

    return make


def run_each(
    library: Library,
    work: EachWork[TaskT],
    report: EachReport,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
) -> None:
    """Carry out the work, and fill the report. Raises UsageError, LibraryBusyError, RunError."""
    started = time.monotonic()
    store = library.store
    library.check_exists()
    with library.hold(work.command) as dead:
        if dead is not None:
            output.note(f"Taking over from {dead}, which did not end well.")
        store.sweep()
        with library.read() as connection:
            due, report.unchanged = work.due(connection)
        report.selected = len(due) + report.unchanged
        with library.write() as catalog:
            catalog.begin_run(report.run_id, work.command, work.settings)
            catalog.record_known(work.known(), report.run_id)
            state = "failed"
            try:
                _carry_out(work, due, catalog, report, output, runner, deadline)
                state = "interrupted" if report.is_interrupted else "finished"
            finally:
                report.left = len(due) - report.done - report.failed
                report.seconds = round(time.monotonic() - started, 3)
                catalog.end_run(
                    report.run_id,
                    state,
                    due=len(due),
                    done=report.done,
                    failed=report.failed,
                    seconds=report.seconds,
                )
                text = json.dumps({**report.as_dict(), "state": state}, indent=1).encode()
                store.write(ReportPath(report.run_id).path, lambda file: file.write(text))
                with catalog.engine.connect() as reader:
                    work.close(reader)
                    if catalog.is_changed:
                        write_snapshot(reader, store)


def _carry_out(
    work: EachWork[TaskT],
    due: list[TaskT],
    catalog: CatalogWriter,
    report: EachReport,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None,
) -> None:
    if not due:
        return
    stop = Stop(deadline)
    reasons: Counter[str] = Counter()

    def ending() -> None:
        output.note("Finishing the scenes under way. Press Ctrl-C again to stop now.")

    with (
        ends_well(stop, ending),
        RunProgress(output, "scenes") as progress,
        contextlib.suppress(KeyboardInterrupt),
    ):
        progress.begin(len(due))
        with runner() as run:
            for made in run.map_scenes(work.stage, due, stop):
                outcome = _recorded(made, catalog, report.run_id, work)
                progress.advance(outcome)
                if isinstance(outcome, Failed):
                    report.failed += 1
                    reasons[outcome.reason] += 1
                    if outcome.reason is FailureReason.DISK_FULL:
                        stop.ask()
                else:
                    report.done += 1
                    report.files += len(outcome.artifacts)
                    report.bytes += outcome.bytes
    report.reasons = dict(reasons)
    report.is_out_of_time = stop.is_late and report.done + report.failed < len(due)
    report.is_interrupted = stop.is_requested and not reasons[FailureReason.DISK_FULL]


def _recorded(
    outcome: Made | Failed, catalog: CatalogWriter, run_id: str, work: EachWork[TaskT]
) -> Made | Failed:
    """Record what became of a scene, and finish what was made."""
    catalog.record(outcome, run_id)
    if isinstance(outcome, Made):
        try:
            work.on_made(outcome)
        except PhotoError as error:
            catalog.forget(work.unmade(outcome))
            outcome = failed(outcome.file, work.stage.name, error)
            catalog.record(outcome, run_id)
    return outcome
