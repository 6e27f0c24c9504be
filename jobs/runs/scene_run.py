"""One run over stored scenes, for every command that makes files from them. Resumable."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple

from sqlalchemy.engine import Connection

from jobs.console.output import Output
from jobs.runs.run import Run, RunReport, closing_with
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from pipeline.work.failures import failed
from pipeline.work.map_scenes import InlineSceneRunner, SceneRunner, SceneStage, TaskT
from schemas.errors import PhotoError, SharpBatchError
from schemas.outcomes import Made, Outcome, SceneReduced
from schemas.records import ArtifactRecord

RunnerMaker = Callable[[], contextlib.AbstractContextManager[SceneRunner]]


@dataclass(slots=True, kw_only=True)
class SceneRunReport(RunReport):
    """What a run did. selected = unchanged + done + failed + left, in scenes."""

    selected: int = 0
    files: int = 0
    bytes: int = 0
    left_out: int = 0  # files that there cannot be of their scenes
    provisional: int = 0  # files that show scenes, since the photos' own are out of reach
    reduced: int = 0  # scenes whose Gaussians were merged
    # The lowest PSNR of views of such scenes: from the photo's eye, and 5 cm to its sides.
    lowest_eye_db: float | None = None
    lowest_aside_db: float | None = None

    def count_loss(self, loss: SceneReduced) -> None:
        """Count a scene whose Gaussians were merged."""
        self.reduced += 1
        self.lowest_eye_db = min(loss.eye_db, self.lowest_eye_db or loss.eye_db)
        self.lowest_aside_db = min(loss.aside_db, self.lowest_aside_db or loss.aside_db)


class SceneWork(NamedTuple, Generic[TaskT]):
    """What a run makes, and from which scenes."""

    command: str
    settings: dict[str, object]  # as the catalog records them
    stage: SceneStage[TaskT]
    due: Callable[[Connection], tuple[list[TaskT], int]]  # and how many scenes are complete
    # After its row is written. At an error `unmade` rows are dropped; a PhotoError is its failure.
    on_made: Callable[[Made], object] = lambda _: None
    unmade: Callable[[Made], Sequence[ArtifactRecord]] = lambda made: made.artifacts
    adopted: Callable[[], Sequence[ArtifactRecord]] = tuple  # what `due` found without a row
    # At the end, also after an error.
    close: Callable[[Connection, CatalogWriter], object] = lambda _reader, _catalog: None


def scene_runner(inline: bool, address: str | None) -> RunnerMaker:
    """Return how a runner is made: in this process, or on Ray, which takes seconds to start."""

    def make() -> contextlib.AbstractContextManager[SceneRunner]:
        if inline:
            return contextlib.nullcontext(InlineSceneRunner())
        from pipeline.cluster.runner import ClusterSettings, RayRunner

        return RayRunner(ClusterSettings(address))

    return make


def run_over_scenes(
    library: Library,
    work: SceneWork[TaskT],
    report: SceneRunReport,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
) -> None:
    """Carry out the work, and fill the report.

    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    run = Run(library, work.command, work.settings, report, output, deadline=deadline)
    library.check_exists()  # before the lock, which would leave its file
    with run.held():
        with library.read() as connection:
            due, report.unchanged = work.due(connection)
        run.due = len(due)
        report.selected = len(due) + report.unchanged
        with run.recorded() as catalog:
            catalog.record_known(work.adopted(), report.run_id)
            with closing_with(lambda _: _close(work, catalog), output):
                if due:
                    _carry_out(work, due, run, report, catalog, runner)


def _carry_out(
    work: SceneWork[TaskT],
    due: list[TaskT],
    run: Run,
    report: SceneRunReport,
    catalog: CatalogWriter,
    runner: RunnerMaker,
) -> None:
    def settle(outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Made):
            return outcome
        try:
            work.on_made(outcome)
        except SharpBatchError as error:
            catalog.forget(work.unmade(outcome))
            if not isinstance(error, PhotoError):
                raise
            return run.record(failed(outcome.file, work.stage.name, error))
        for note in outcome.notes:
            run.warn(note)
        report.left_out += len(outcome.notes)
        report.provisional += outcome.provisional
        report.files += len(outcome.artifacts)
        report.bytes += outcome.bytes
        if outcome.reduced is not None:
            report.count_loss(outcome.reduced)
        return outcome

    with run.progress("scenes", len(due), settle), runner() as scenes:
        for event in scenes.map_scenes(work.stage, due, run.stop):
            run.take(event)


def _close(work: SceneWork[TaskT], catalog: CatalogWriter) -> None:
    with contextlib.closing(catalog.engine.connect()) as reader:
        work.close(reader, catalog)
