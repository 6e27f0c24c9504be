"""The main job: folders of photos in, a library of scenes out. Resumable at any moment."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from jobs.console.output import Output
from jobs.console.progress import RunProgress
from jobs.runs.run import Run, RunReport, new_run_id
from pipeline.catalog.photo_filters import EVERY_PHOTO, PhotoFilters
from pipeline.catalog.writer import CatalogWriter
from pipeline.flow.collection_changes import record_changes
from pipeline.flow.decode_stage import DecodeStage
from pipeline.flow.encode_stage import EncodeStage, PreviewMaker
from pipeline.flow.flow import Flow, Runner
from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import ScenePacker
from pipeline.flow.plan import Plan
from pipeline.flow.plan_ingest import focal_change_of, plan_ingest
from pipeline.flow.plan_record import CatalogRecord
from pipeline.flow.predict_stage import PredictStage
from pipeline.library import Library
from pipeline.scan.scan import check_sources
from pipeline.scenes.write import LibrarySceneWriter
from pipeline.work.failures import failed
from pipeline.work.monitor import RunMonitor
from schemas.errors import PhotoError, UsageError
from schemas.extras import how_to_install
from schemas.outcomes import Done, Failed, Outcome, Stage
from schemas.reasons import FailureReason
from schemas.records import PhotoFile
from schemas.settings import IngestSettings
from schemas.user_focals import UserFocalSource

RunnerMaker = Callable[[], contextlib.AbstractContextManager[Runner]]


@dataclass(slots=True, kw_only=True)
class IngestReport(RunReport):
    """What a run did.

    found = skipped + duplicates + unchanged + not_selected + represented + done + failed + left.
    """

    model: str
    found: int = 0
    skipped: int = 0
    duplicates: int = 0
    not_selected: int = 0  # without a scene, and left for later by the filters
    represented: int = 0  # without a scene, and another photo of their group stands for them
    due: int = 0
    photos_per_second: float = 0.0
    previews_failed: int = 0  # of photos that are done
    metadata_updated: int = 0  # photos of which a sidecar or a photo library says other things now
    tried_again: int = 0  # photos that were, after a worker had died or been too slow
    limited_by: str | None = None  # the stage that the others waited for
    predictors_busy_share: float | None = None

    def close(self, seconds: float) -> None:
        """Fill in the length of the run, and its rate."""
        RunReport.close(self, seconds)
        self.photos_per_second = round((self.done + self.failed) / (self.seconds or 1e-3), 4)


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
        focal_source: UserFocalSource = UserFocalSource.FLAG,
        filters: PhotoFilters = EVERY_PHOTO,
    ) -> None:
        """Begin no photo after `deadline`, local time with its zone.

        `focal_source` says whether the focal length in the settings is a person's flag, or a rule
        of a configuration. Photos that `filters` do not select are recorded, and stay due.
        """
        self._library = library
        self._sources = sources
        self._settings = settings
        self._filters = filters
        self._model = model
        self._output = output
        self._monitor = RunMonitor(output.warn)
        self._report = IngestReport(run_id=new_run_id(), library=str(library), model=model.name)
        self._run = Run(
            library,
            "ingest",
            {**settings.as_dict(), "filters": filters.as_dict()},
            self._report,
            output,
            deadline=deadline,
            monitor=self._monitor,
        )
        self._focal_change = focal_change_of(settings.photo, focal_source)

    def run(self, runner: RunnerMaker, *, of_gallery: bool = False) -> IngestReport:
        """Scan, plan, and carry every due photo through the flow that `runner` makes.

        A run `of_gallery` is recorded as one whose settings no person has chosen.
        Raises UsageError, LibraryBusyError, StoreError, RunError.
        """
        if of_gallery:
            self._run.add_setting("of_gallery", True)
        check_sources(self._sources)
        if self._settings.photo.full_raw and importlib.util.find_spec("rawpy") is None:
            raise UsageError("--full-raw needs rawpy", f"Get it: {how_to_install('raw')}")
        self._library.store.make()
        with self._run.held(), self._run.recorded(create=True) as catalog:
            plan = self._plan(catalog)
            try:
                self._carry_out(plan, catalog, runner)
                catalog.settle()
            finally:
                self._count(plan)
            for path, problem in sorted(plan.collections.problems.items()):
                self._output.warn(f"{path}: {problem}. What it said of photos before stays.")
            if plan.found == 0:
                self._output.warn("No files were found; is this the folder of your photos?")
        return self._report

    def _plan(self, catalog: CatalogWriter) -> Plan:
        walk, plan = plan_ingest(
            self._sources,
            self._library.root,
            self._settings,
            self._model.fingerprint,
            catalog.connection,
            self._focal_change,
        )
        for folder in walk.unreadable_folders:
            self._output.warn(f"{folder} cannot be read and is skipped")
        for folder in walk.libraries:
            self._output.note(f"{folder} is a library: its own files are skipped")
        live = plan.live_paths
        catalog.mark_missing(sorted(live.gone), live.back)
        catalog.set_skips(live.skips.items())
        catalog.change_user_focals(plan.focal_changes, self._focal_change)
        plan.add_changed(record_changes(catalog, plan.collections, live))
        return plan

    def _flow(self) -> Flow:
        settings, store = self._settings, self._library.store
        packer = ScenePacker(settings.splat, keep_floats=settings.previews is not None)
        return Flow(
            DecodeStage(settings.photo, store, settings.limits.decode_s),
            PredictStage(self._model, packer, settings.limits.predict_s),
            EncodeStage(
                self._model,
                settings.photo,
                LibrarySceneWriter(store, settings.splat),
                self._previews(),
                settings.limits.encode_s,
            ),
            settings.batch_size,
            self._library.root,
        )

    def _previews(self) -> PreviewMaker | None:
        """Return what makes previews, if they are wanted: their renderers need torch."""
        if self._settings.previews is None:
            return None
        from pipeline.scenes.previews import PreviewStage

        return PreviewStage(self._settings.previews, self._library.store)

    def _carry_out(self, plan: Plan, catalog: CatalogWriter, runner: RunnerMaker) -> None:
        with self._run.progress("photos", self._at_most(plan), self._note) as progress:
            due = islice(self._due(plan, catalog, progress), self._settings.limit)
            # Ray takes seconds to start: not for a library in which nothing is due.
            first = next(due, None)
            if first is not None:
                with runner() as run:
                    photos = _chain(first, due)
                    for event in run(self._flow(), photos, self._run.stop, self._monitor):
                        self._run.take(event)
                        progress.set_total(self._at_most(plan))

    def _due(
        self, plan: Plan, catalog: CatalogWriter, progress: RunProgress
    ) -> Iterator[PhotoFile]:
        record = CatalogRecord(catalog, self._filters, plan.rules)
        for identified in plan.due_photos(record, self._run.stop):
            progress.set_total(self._at_most(plan))
            if identified.error is None:
                yield identified.photo
                continue
            error = PhotoError(FailureReason.UNREADABLE, identified.error)
            self._run.take(failed(identified.photo, Stage.SCAN, error))

    def _at_most(self, plan: Plan) -> int:
        """Return how many photos the run takes up, if each one that is to be read is due."""
        limit = self._settings.limit
        return plan.at_most if limit is None else min(plan.at_most, limit)

    def _note(self, outcome: Outcome) -> Outcome:
        match outcome:
            case Failed(is_final=False):
                self._report.tried_again += 1
            case Done():
                self._report.previews_failed += outcome.preview_failure is not None
        return outcome

    def _count(self, plan: Plan) -> None:
        report = self._report
        self._run.due = report.due = plan.at_most
        self._run.reasons.update(plan.skipped)
        report.found = plan.found
        report.duplicates = plan.duplicates
        report.unchanged = plan.unchanged
        report.not_selected = plan.not_selected
        report.represented = plan.represented
        report.metadata_updated = plan.metadata_updated
        report.skipped = plan.skipped.total() + self._run.skipped
        report.limited_by = self._monitor.limited_by
        report.predictors_busy_share = self._monitor.busy_share


def _chain(first: PhotoFile, rest: Iterator[PhotoFile]) -> Iterator[PhotoFile]:
    yield first
    yield from rest
