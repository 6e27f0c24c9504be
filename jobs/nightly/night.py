"""A night: ingest, previews, exports, a check of old scenes, garbage collection, and a report."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from jobs.console.download_progress import download_progress
from jobs.console.output import Output, size_text
from jobs.maintenance.gc import collect_garbage
from jobs.maintenance.verify import verify
from jobs.monitoring.watch import watching
from jobs.nightly.best_scenes import SceneMedia, find_best, make_media
from jobs.nightly.config import AfterError, Export, NightlyConfig, Previews
from jobs.nightly.delivery import Delivery
from jobs.nightly.report import NightlyReport, PhotoProblem, Step
from jobs.runs.deadline import deadline_of
from jobs.runs.export import ExportOrder, export_scenes
from jobs.runs.ingest import Ingest
from jobs.runs.preview import preview
from jobs.runs.run import RunReport, new_run_id
from jobs.runs.scene_run import SceneRunReport, scene_runner
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.status import read_status
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.flow.flow import Runner
from pipeline.flow.inline import run_inline
from pipeline.flow.model import ResolvedModel, resolve_model
from pipeline.library import Library
from pipeline.work.stop import Stop
from schemas.count_text import count_text
from schemas.errors import ExitCode, RunError, SharpBatchError
from schemas.settings import IngestSettings, VerifySettings
from schemas.tables import failures, photo_paths
from schemas.user_focals import UserFocalSource

# A night ends with the worst exit code of its steps.
_WORST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.STORE_DAMAGED,
    ExitCode.NO_WEIGHTS,
    ExitCode.LIBRARY_BUSY,
    ExitCode.USAGE,
    ExitCode.SOME_FAILED,
)


def run_night(config: NightlyConfig, output: Output) -> NightlyReport:
    """Run all steps of a night and report them; a step that fails is in the report.

    Raises LibraryBusyError and RunError where no step can start.
    """
    return _Night(config, output).run()


class _Night:
    def __init__(self, config: NightlyConfig, output: Output) -> None:
        self._config = config
        self._output = output
        self._library = Library.resolve(config.library, config.catalog)
        self._deadline = deadline_of(config.window.end)
        self._stop = Stop(self._deadline)
        now = datetime.now().astimezone()
        self._report = NightlyReport(f"nightly-{new_run_id()}", str(config.library), now)
        self._run_ids: list[str] = []
        self._delivery = Delivery(config.report, output)
        self._media: dict[str, SceneMedia] = {}  # of the best scenes

    def run(self) -> NightlyReport:
        started = time.monotonic()
        report = self._report
        self._library.store.make()
        with self._library.hold("nightly", for_runs=True) as dead:
            if dead is not None:
                self._output.note(f"Taking over from {dead}, which crashed.")
            self._run_steps()
            with contextlib.suppress(SharpBatchError):  # the steps have reported it already
                self._read_outcome()
            codes = {step.exit_code for step in report.steps}
            report.exit_code = next((int(code) for code in _WORST_FIRST if code in codes), 0)
            report.seconds = round(time.monotonic() - started, 3)
            self._delivery.write(self._library.store, report, self._media)
        self._delivery.send(report)
        return report

    def _run_steps(self) -> None:
        config = self._config
        with watching(
            *(self._library, config.hooks, config.metrics.settings, self._output),
            config.metrics.port,
        ):
            for name, run_step in self._steps():
                if not self._run_step(name, run_step):
                    break

    def _steps(self) -> list[tuple[str, Callable[[Step], None]]]:
        config = self._config
        ingests = config.ingests()
        steps: list[tuple[str, Callable[[Step], None]]] = []
        for index, (paths, settings) in enumerate(ingests, 1):
            name = "ingest" if len(ingests) == 1 else f"ingest {index}"
            steps.append(
                (name, lambda step, p=paths, s=settings: self._ingest(step, p, s))  # type: ignore[misc]
            )
        previews, check = config.previews, config.verify.settings()
        if previews is not None:
            steps.append(("previews", lambda step: self._previews(step, previews)))
        for index, order in enumerate(config.exports, 1):
            name = "export" if len(config.exports) == 1 else f"export {index}"
            steps.append((name, lambda step, o=order: self._export(step, o)))  # type: ignore[misc]
        if check is not None:
            steps.append(("verify", lambda step: self._verify(step, check)))
        if config.gc.enabled:
            steps.append(("gc", self._gc))
        return steps

    def _run_step(self, name: str, run_step: Callable[[Step], None]) -> bool:
        """Run a step; return whether the next one may follow."""
        step = Step(name)
        self._report.steps.append(step)
        if self._stop.is_late:
            self._report.is_out_of_time = True
            step.summary = "left for the next night: the time is up"
            return True
        self._output.note(f"nightly: {name}")
        started = time.monotonic()
        try:
            run_step(step)
        except SharpBatchError as error:
            step.error, step.hint = error.message, error.hint or None
            step.exit_code = int(error.exit_code)
        except Exception as error:
            # A bug: the other steps run, and the report names it.
            step.error = f"{type(error).__name__}: {error}"
            step.exit_code = int(ExitCode.SOME_FAILED)
            self._output.note(traceback.format_exc())
        step.seconds = round(time.monotonic() - started, 3)
        if step.error is not None:
            self._output.warn(f"{name}: {step.error}")
        if step.exit_code == ExitCode.INTERRUPTED:
            return False
        return step.error is None or self._config.after_error is AfterError.CONTINUE

    def _ingest(self, step: Step, paths: list[Path], settings: IngestSettings) -> None:
        config = self._config
        free = self._library.store.free_bytes()
        if free is not None and free < config.limits.free_gb * 1e9:
            raise RunError(
                f"{size_text(free)} are free on the disk of {self._library}, and limits.free_gb "
                f"asks for {config.limits.free_gb:g} GB",
                "Free some space, or lower the limit.",
            )
        with download_progress(self._output) as fetching:
            model = resolve_model(settings.model, fetching)
        rule = UserFocalSource.FOLDER_RULE
        run = Ingest(
            *(self._library, paths, settings, model, self._output, self._deadline, rule),
            filters=config.scenes.query,
        )
        done = run.run(lambda: self._flow_runner(model))
        if not done.left:
            warn_of_unmatched(self._output, self._library, config.scenes.query)
        self._run_ids.append(done.run_id)
        self._report.is_out_of_time |= done.is_out_of_time
        step.details = done.as_dict()
        step.has_changed = bool(done.done or done.metadata_updated)
        step.summary = (
            f"{count_text(done.done, 'scene')} made, {done.failed} failed, "
            f"{done.unchanged} unchanged, {done.skipped} skipped, {done.left} left"
            + (f", {done.not_selected} not selected" if done.not_selected else "")
        )
        step.exit_code = _exit_code(done)

    def _flow_runner(self, model: ResolvedModel) -> contextlib.AbstractContextManager[Runner]:
        if self._config.model.runner.inline:
            return contextlib.nullcontext(run_inline)
        return RayRunner(ClusterSettings(self._config.model.runner.address, model.settings.device))

    def _previews(self, step: Step, previews: Previews) -> None:
        warn_of_unmatched(self._output, self._library, previews.query)
        done = preview(
            self._library,
            previews.query,
            previews.settings,
            self._output,
            scene_runner(self._config.model.runner.inline, self._config.model.runner.address),
            self._deadline,
        )
        self._report.is_out_of_time |= done.is_out_of_time
        self._note_made(step, done)

    def _export(self, step: Step, order: Export) -> None:
        warn_of_unmatched(self._output, self._library, order.query)
        done = export_scenes(
            self._library,
            ExportOrder(order.to, order.query, order.settings),
            self._output,
            scene_runner(self._config.model.runner.inline, self._config.model.runner.address),
            self._deadline,
        )
        self._report.is_out_of_time |= done.is_out_of_time
        self._note_made(step, done)

    def _note_made(self, step: Step, done: SceneRunReport) -> None:
        self._run_ids.append(done.run_id)
        step.details = done.as_dict()
        step.has_changed = bool(done.done)
        step.summary = f"{done.done} made, {done.failed} failed, {done.unchanged} already there"
        step.exit_code = _exit_code(done)

    def _verify(self, step: Step, settings: VerifySettings) -> None:
        done = verify(self._library, settings, self._output, self._deadline)
        step.details = done.as_dict()
        step.has_changed = bool(done.repaired)
        step.summary = (
            f"{count_text(done.scenes, 'scene')} checked, "
            f"{count_text(done.damaged, 'file')} damaged"
            + (f", {done.repaired} of them repaired" if done.damaged else "")
        )
        self._report.damaged += [
            PhotoProblem(
                str(item["path"] or item["photo_id"]), str(item["problem"]), str(item["message"])
            )
            for item in done.damages
        ]
        if done.damaged > done.repaired:
            step.exit_code = int(ExitCode.STORE_DAMAGED)
        elif done.is_interrupted:
            step.exit_code = int(ExitCode.INTERRUPTED)

    def _gc(self, step: Step) -> None:
        done = collect_garbage(
            self._library,
            self._output,
            keep_superseded=self._config.gc.keep_superseded,
        )
        step.details = done.as_dict()
        step.has_changed = bool(done.paths)
        step.summary = f"{count_text(len(done.paths), 'file')} removed ({size_text(done.bytes)})"

    def _read_outcome(self) -> None:
        """Read from the catalog what failed this night, and what the library holds now."""
        query = (
            sa.select(
                failures.c.photo_id,
                sa.func.min(photo_paths.c.path),
                sa.func.max(failures.c.reason),
                sa.func.max(failures.c.message),
            )
            .outerjoin(photo_paths, photo_paths.c.photo_id == failures.c.photo_id)
            .where(failures.c.run_id.in_(self._run_ids), failures.c.is_final)
            .group_by(failures.c.photo_id)
            .order_by(sa.func.min(photo_paths.c.path))
        )
        with self._library.read() as reader:
            self._report.failed = [
                PhotoProblem(path or photo_id, reason, message)
                for photo_id, path, reason, message in reader.execute(query)
            ]
            status = read_status(reader)
            self._report.best = find_best(reader, self._run_ids)
            self._media = make_media(reader, self._library.store, self._report.best, self._stop)
        self._report.photos, self._report.bytes = status.photos, status.bytes


def _exit_code(done: RunReport) -> int:
    """Return the exit code of a step: a stop that was asked for ends the whole night."""
    return int(ExitCode.INTERRUPTED if done.is_stop_requested else done.exit_code)
