"""The main job: folders of photos in, a library of scenes out. Resumable at any moment."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from jobs.console.output import Output
from jobs.console.progress import RunProgress
from jobs.runs.signals import ends_well
from pipeline.catalog.database import is_full
from pipeline.catalog.scan_state import read_recorded_paths, read_scan_state
from pipeline.catalog.writer import CatalogWriter
from pipeline.flow.decode_stage import DecodeStage
from pipeline.flow.encode_stage import EncodeStage
from pipeline.flow.flow import Flow, Runner
from pipeline.flow.model import ResolvedModel
from pipeline.flow.payload import Compactor
from pipeline.flow.plan import Plan, plan_ingest
from pipeline.flow.predict_stage import PredictStage
from pipeline.library import Library
from pipeline.scan.identify import Identified
from pipeline.scan.scan import check_sources
from pipeline.scenes.previews import PreviewStage
from pipeline.scenes.write import LibrarySceneWriter
from pipeline.store.layout import ReportPath
from pipeline.work.failures import failed
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import FailureReason, PhotoError, RunError, UsageError
from schemas.records import Done, Failed, Outcome, PhotoFile, Skipped, UnderWay
from schemas.settings import IngestSettings


@dataclass(slots=True)
class IngestReport:
    """What a run did. found = skipped + duplicates + unchanged + done + failed + left."""

    run_id: str
    library: str
    model: str
    found: int = 0
    skipped: int = 0
    duplicates: int = 0
    unchanged: int = 0
    due: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0  # due, and not reached: an interrupt or --limit
    seconds: float = 0.0
    photos_per_second: float = 0.0
    previews_failed: int = 0  # of photos that are done
    tried_again: int = 0  # times that a photo was, after a worker had died or been too slow
    is_interrupted: bool = False
    is_out_of_time: bool = False
    limited_by: str | None = None  # the stage that the others waited for
    predictors_busy_share: float | None = None
    reasons: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


class Ingest:
    """One run over `sources` into a library."""

    def __init__(
        self,
        library: Library,
        sources: Sequence[Path],
        settings: IngestSettings,
        model: ResolvedModel,
        output: Output,
        deadline: datetime | None = None,
    ) -> None:
        """Begin no photo after `deadline`, local time with its zone."""
        self._library = library
        self._sources = sources
        self._settings = settings
        self._model = model
        self._output = output
        self._store = library.store
        self._stop = Stop(deadline)
        self._monitor = RunMonitor(output.warn)
        self._report = IngestReport(new_run_id(), str(library), model.name)
        self._reasons: Counter[str] = Counter()

    def run(self, runner: Callable[[], contextlib.AbstractContextManager[Runner]]) -> IngestReport:
        """Scan, plan, and carry every due photo through the flow that `runner` makes.

        Raises UsageError, LibraryBusyError, StoreError, RunError.
        """
        started = time.monotonic()
        check_sources(self._sources)
        if self._settings.photo.full_raw and importlib.util.find_spec("rawpy") is None:
            raise UsageError("--full-raw needs rawpy", "Get it: pip install 'sharp-batch[raw]'")
        self._store.make()
        with self._library.hold("ingest") as dead:
            if dead is not None:
                self._output.note(f"Taking over from {dead}, which did not end well.")
            swept = self._store.sweep()
            if swept:
                self._output.note(f"Removed {swept} half-written files of a killed run.")
            warning = self._library.network_warning()
            if warning is not None:
                self._output.warn(warning)
            with self._library.write(create=True) as catalog:
                catalog.begin_run(self._report.run_id, "ingest", self._settings.as_dict())
                state = "failed"
                try:
                    with ends_well(self._stop, self._say_ending):
                        self._carry_out(self._plan(catalog), catalog, runner)
                    state = "interrupted" if self._report.is_interrupted else "finished"
                finally:
                    self._report.seconds = round(time.monotonic() - started, 3)
                    self._close(catalog, state)
        return self._report

    def _plan(self, catalog: CatalogWriter) -> Plan:
        found, plan = plan_ingest(
            self._sources,
            self._library.root,
            self._settings,
            self._model.fingerprint,
            read_scan_state(catalog.connection),
            read_recorded_paths(catalog.connection),
        )
        for folder in found.unreadable_folders:
            self._output.warn(f"{folder} cannot be read, and is left out")
        for folder in found.libraries:
            self._output.note(f"{folder} is a library: its own files are left out")
        catalog.mark_missing(plan.gone, plan.back)
        catalog.set_skips(plan.new_skips)
        return plan

    def _carry_out(
        self,
        plan: Plan,
        catalog: CatalogWriter,
        runner: Callable[[], contextlib.AbstractContextManager[Runner]],
    ) -> None:
        limits = self._settings.limits
        compactor = Compactor(self._settings.splat, keep_floats=self._settings.previews is not None)
        flow = Flow(
            DecodeStage(self._settings.photo, self._store, limits.decode_s),
            PredictStage(self._model, compactor, limits.predict_s),
            EncodeStage(
                self._model,
                self._settings.photo,
                LibrarySceneWriter(self._store, self._settings.splat),
                PreviewStage(self._settings.previews, self._store)
                if self._settings.previews
                else None,
                limits.encode_s,
            ),
            self._settings.batch_size,
            self._library.root,
        )
        with (
            RunProgress(self._output, monitor=self._monitor) as progress,
            contextlib.suppress(KeyboardInterrupt),
        ):
            progress.begin(plan.at_most)
            due = islice(self._due(plan, catalog, progress), self._settings.limit)
            # Ray takes seconds to start: not for a library in which nothing is due.
            first = next(due, None)
            if first is not None:
                with runner() as run:
                    for outcome in run(flow, _chain(first, due), self._stop, self._monitor):
                        self._take(outcome, catalog, progress)
                        progress.set_total(plan.at_most)
        catalog.settle()
        self._count(plan)
        if plan.found == 0:
            self._output.warn("No files were found; is this the folder of your photos?")

    def _due(
        self, plan: Plan, catalog: CatalogWriter, progress: RunProgress
    ) -> Iterator[PhotoFile]:
        def on_new(identified: Identified) -> None:
            catalog.add_found([(identified.photo, identified.skip)])

        for identified in plan.due_photos(on_new, self._stop):
            progress.set_total(plan.at_most)
            if identified.error is None:
                yield identified.photo
                continue
            error = PhotoError(FailureReason.UNREADABLE, identified.error)
            self._take(failed(identified.photo, "scan", error), catalog, progress)

    def _take(self, outcome: Outcome, catalog: CatalogWriter, progress: RunProgress) -> None:
        try:
            catalog.record(outcome, self._report.run_id)
        except sa.exc.OperationalError as error:
            if not is_full(error):
                raise
            if isinstance(outcome, UnderWay):
                return  # the photo itself will meet the full disk
            file = outcome.photo.file if isinstance(outcome, Done) else outcome.file
            outcome = failed(file, "record", PhotoError(FailureReason.DISK_FULL, "no room left"))
        progress.advance(outcome)
        match outcome:
            case Failed(is_final=False):
                self._report.tried_again += 1
            case Done():
                self._report.done += 1
                self._report.previews_failed += outcome.preview_failure is not None
            case Skipped():
                self._reasons[outcome.reason] += 1
            case Failed():
                self._report.failed += 1
                self._reasons[outcome.reason] += 1
                if outcome.reason is FailureReason.DISK_FULL and not self._stop.is_requested:
                    self._output.warn("The disk is full: the run ends here, and can go on later.")
                    self._stop.ask()

    def _count(self, plan: Plan) -> None:
        report = self._report
        skipped_now = sum(
            count for reason, count in self._reasons.items() if reason not in set(FailureReason)
        )
        self._reasons.update(plan.skipped)
        report.found = plan.found
        report.duplicates = plan.duplicates
        report.unchanged = plan.unchanged
        report.skipped = plan.skipped.total() + skipped_now
        report.due = plan.at_most
        report.left = report.due - report.done - report.failed - skipped_now
        is_full = self._reasons[FailureReason.DISK_FULL] > 0
        report.is_interrupted = self._stop.is_requested and not is_full
        report.is_out_of_time = self._stop.is_late and report.left > 0
        report.limited_by = self._monitor.limited_by
        report.predictors_busy_share = self._monitor.busy_share
        report.reasons = dict(sorted(self._reasons.items()))

    def _close(self, catalog: CatalogWriter, state: str) -> None:
        """End the run in the catalog and write its report and, if anything changed, a snapshot."""
        report = self._report
        seconds = report.seconds or 1e-3
        report.photos_per_second = round((report.done + report.failed) / seconds, 4)
        try:
            catalog.end_run(
                report.run_id,
                state,
                due=report.due,
                done=report.done,
                failed=report.failed,
                seconds=report.seconds,
            )
            document = {**report.as_dict(), "state": state, "settings": self._settings.as_dict()}
            text = json.dumps(document, indent=1).encode()
            self._store.write(ReportPath(report.run_id).path, lambda file: file.write(text))
            if catalog.is_changed:
                self._library.write_snapshot(catalog)
        except (PhotoError, RunError, sa.exc.OperationalError) as error:
            self._output.warn(f"the run's report could not be written: {error}")

    def _say_ending(self) -> None:
        self._output.note(
            "Finishing the photos under way; what is done is kept. Press Ctrl-C again to stop now."
        )


def new_run_id() -> str:
    """Return a name for a run that begins now; names sort by time."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}-{uuid.uuid4().hex[:6]}"


def _chain(first: PhotoFile, rest: Iterator[PhotoFile]) -> Iterator[PhotoFile]:
    yield first
    yield from rest
