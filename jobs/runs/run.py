"""One run over a library, for every command: locked, recorded, reported and closed.

    run = Run(library, "preview", settings, report, output, deadline=deadline)
    with run.held():                                  # locked; leftovers of a killed run removed
        with run.recorded() as catalog:               # a row, signals; at the end report, snapshot
            with run.progress("scenes", total) as progress:
                run.take(outcome)                 # recorded, and then told: see `recorder`

`ingest`, `preview`, `export` and `convert` differ in the middle part.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from jobs.console.output import Output
from jobs.console.progress import RunProgress
from jobs.monitoring.observers import Observers, WatchedRun
from jobs.runs.recorder import Recorder
from jobs.runs.signals import StopSignals, stop_on_signals
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from pipeline.store.layout import ReportPath
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.count_text import count_text
from schemas.errors import ExitCode, SharpBatchError
from schemas.outcomes import Failed, Outcome, Skipped, UnderWay, Waiting
from schemas.reasons import FailureReason
from schemas.records import RunState

_PROGRESS_SECONDS = 2.0  # between two records of how far a run is


@dataclass(slots=True, kw_only=True)
class RunReport:
    """What a run did. Each command adds counts of its own."""

    run_id: str
    library: str
    unchanged: int = 0  # nothing was due of them
    done: int = 0
    failed: int = 0
    left: int = 0  # due but not begun: an interrupt, a deadline, a full disk or --limit
    seconds: float = 0.0
    is_stop_requested: bool = False  # by a signal, also where nothing was left
    is_interrupted: bool = False
    is_out_of_time: bool = False
    reasons: dict[str, int] = field(default_factory=dict)  # of failures and skips

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)

    def close(self, seconds: float) -> None:
        """Fill in what is known at the end; `seconds` is the length of the run."""
        self.seconds = round(seconds, 3)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        if self.is_interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.SOME_FAILED if self.has_failures else ExitCode.OK

    @property
    def has_failures(self) -> bool:
        """Whether something that was due could not be done."""
        return self.failed > 0


class Run:
    """A run from its lock to its report. Its parts are entered in the order shown above."""

    def __init__(
        self,
        library: Library,
        command: str,
        settings: Mapping[str, object],
        report: RunReport,
        output: Output,
        *,
        deadline: datetime | None = None,
        monitor: RunMonitor | None = None,
    ) -> None:
        """Begin nothing after `deadline`. `settings` go into the catalog and the report."""
        self.library = library
        self.report = report
        self.stop = Stop(deadline)
        self.reasons = Counter[str]()
        self.due = 0  # what was to be done: set by the command
        self._command = command
        self._settings = dict(settings)
        self._output = output
        self._monitor = monitor
        self._started = time.monotonic()
        self._skipped = 0
        self._catalog: CatalogWriter | None = None
        self._recorder: Recorder | None = None
        self._progress: RunProgress | None = None
        self._signals: StopSignals | None = None
        self._progress_at = -float("inf")  # monotonic time of its last record
        self._observers = Observers(output)

    def add_setting(self, name: str, value: object) -> None:
        """Have one more setting recorded. Before `recorded()`."""
        self._settings[name] = value

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the library, and remove files that a killed run left half-written.

        Raises LibraryBusyError, StoreError, RunError.
        """
        with self.library.hold(self._command) as dead:
            if dead is not None:
                self._output.note(f"Taking over from {dead}, which crashed.")
            swept = self.library.store.sweep()
            if swept:
                self._output.note(
                    f"Removed {count_text(swept, 'half-written file')} of a killed run."
                )
            warning = self.library.network_warning()
            if warning is not None:
                self._output.warn(warning)
            yield

    @contextlib.contextmanager
    def recorded(self, *, create: bool = False) -> Iterator[CatalogWriter]:
        """Keep the run's row in the catalog; at the end write its report and, if due, a snapshot.

        Meanwhile the first signal asks `stop`. `create` makes a catalog where there is none.
        Raises StoreError, RunError.
        """
        with self.library.write(create=create) as catalog:
            catalog.begin_run(self.report.run_id, self._command, self._settings)
            self._catalog = catalog
            self._observers.begin(
                WatchedRun(self.report.run_id, self._command, self.library, self._monitor)
            )
            with (
                stop_on_signals(self.stop, self._say_ending) as self._signals,
                closing_with(lambda error: self._close(catalog, error), self._output),
            ):
                yield catalog

    @contextlib.contextmanager
    def progress(
        self,
        what: str,
        total: int,
        settle: Callable[[Outcome], Outcome] = lambda outcome: outcome,
    ) -> Iterator[RunProgress]:
        """Show progress inside the context. The second signal ends only this context.

        What was taken is recorded and told at its end, also after a signal or an error. `settle` is
        given each outcome between the two, and returns what is told of it.
        """
        assert self._catalog is not None and self._signals is not None, "recorded() comes first"
        address, run_id = self.library.catalog_address, self.report.run_id
        self._recorder = recorder = Recorder(
            self._catalog,
            address,
            run_id,
            lambda outcome: self.count(settle(outcome)),
            self._signals.postponed,
        )
        with (
            RunProgress(self._output, what, self._monitor) as progress,
            contextlib.suppress(KeyboardInterrupt),
            closing_with(lambda _: recorder.flush(), self._output),
        ):
            self._progress = progress
            progress.begin(total)
            self._record_progress()
            try:
                yield progress
            finally:
                self._signals.work_ended()

    def take(self, event: Outcome | Waiting) -> None:
        """Take what a runner yields: an outcome is recorded soon, and then counted and shown."""
        assert self._recorder is not None, "progress() comes first"
        self._recorder.take(event)

    def record(self, outcome: Outcome) -> Outcome:
        """Record an outcome now; where the catalog's disk is full, return that failure instead."""
        assert self._recorder is not None, "progress() comes first"
        return self._recorder.record_one(outcome)

    def count(self, outcome: Outcome) -> None:
        """Count an outcome that is recorded, and show it. A full disk ends the run."""
        if self._progress is not None:
            self._progress.advance(outcome)
        self._observers.outcome(outcome)
        match outcome:
            case UnderWay() | Failed(is_final=False):
                pass
            case Skipped():
                self._skipped += 1
                self.reasons[outcome.reason] += 1
            case Failed():
                self.report.failed += 1
                self.reasons[outcome.reason] += 1
                if outcome.reason is FailureReason.DISK_FULL and not self.stop.is_requested:
                    self._output.warn(
                        "The disk is full: the run stops here; run it again to resume."
                    )
                    self.stop.ask()
            case _:
                self.report.done += 1
        self._record_progress()

    def warn(self, text: str) -> None:
        """Show a warning above the progress."""
        self._output.warn(text)

    @property
    def skipped(self) -> int:
        """How many of those due were skipped when they were decoded."""
        return self._skipped

    def _record_progress(self) -> None:
        """Record how far the run is, every few seconds: the gallery and `status` show it."""
        now = time.monotonic()
        if self._catalog is None or self._progress is None:
            return
        if now - self._progress_at < _PROGRESS_SECONDS:
            return
        self._progress_at = now
        with contextlib.suppress(sa.exc.OperationalError):  # a full disk is told by the outcomes
            self._catalog.set_progress(
                self.report.run_id,
                due=self._progress.total - self._skipped,
                done=self.report.done,
                failed=self.report.failed,
                seconds=round(now - self._started, 3),
            )

    def _count(self) -> None:
        report, is_full = self.report, self.reasons[FailureReason.DISK_FULL] > 0
        report.left = self.due - report.done - report.failed - self._skipped
        report.reasons = {reason: self.reasons[reason] for reason in sorted(+self.reasons)}
        report.is_stop_requested = self.stop.is_requested and not is_full
        report.is_interrupted = report.is_stop_requested and report.left > 0
        report.is_out_of_time = self.stop.is_late and report.left > 0

    def _close(self, catalog: CatalogWriter, error: BaseException | None) -> None:
        """End the run's row, write its report and, if anything changed, a snapshot."""
        report = self.report
        self._count()
        report.close(time.monotonic() - self._started)
        state = RunState.INTERRUPTED if report.is_interrupted else RunState.FINISHED
        state = RunState.FAILED if error is not None else state
        document = {**report.as_dict(), "state": state, "settings": self._settings}
        try:
            catalog.end_run(
                report.run_id,
                state,
                due=self.due,
                done=report.done,
                failed=report.failed,
                seconds=report.seconds,
            )
            text = json.dumps(document, indent=1).encode()
            self.library.store.write(ReportPath(report.run_id).path, lambda file: file.write(text))
            if catalog.is_changed:
                self.library.write_snapshot(catalog)
        except (SharpBatchError, sa.exc.OperationalError) as trouble:
            # All results are stored and recorded, so the run has not failed.
            self._output.warn(f"the run's report could not be written: {trouble}")
        finally:
            self._observers.end(document)

    def _say_ending(self) -> None:
        self._output.note(
            "Finishing the work in progress; finished work is kept. Press Ctrl-C again to stop now."
        )


@contextlib.contextmanager
def closing_with(close: Callable[[BaseException | None], object], output: Output) -> Iterator[None]:
    """Call `close` at the end, with the error that ended the context, if any.

    An error of `close` never hides that error: it becomes a warning.
    """
    try:
        yield
    except BaseException as error:
        try:
            close(error)
        except Exception as second:
            output.warn(f"and then: {second}")
        raise
    close(None)


def new_run_id() -> str:
    """Return a name for a run that begins now; names sort by time."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}-{uuid.uuid4().hex[:6]}"
