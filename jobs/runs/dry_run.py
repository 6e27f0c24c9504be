"""What an ingest would do: counts, reasons, time and disk. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from pipeline.catalog.photo_filters import EVERY_PHOTO, PhotoFilters
from pipeline.flow.decode_stage import check_header
from pipeline.flow.model import ResolvedModel
from pipeline.flow.plan_ingest import focal_change_of, plan_ingest
from pipeline.flow.trial_record import TrialRecord
from pipeline.library import Library
from pipeline.scan.identify import Identified
from pipeline.work.stop import Stop
from schemas.reasons import FailureReason, SkipReason
from schemas.settings import IngestSettings
from schemas.tables import scenes
from schemas.user_focals import UserFocalSource
from sharp_core.formats.registry import FORMATS


@dataclass(frozen=True, slots=True)
class DryRun:
    """What an ingest would find and do.

    Without a limit, found = skipped + duplicates + unchanged + not_selected + represented + due.
    """

    library: str
    model: str
    found: int
    skipped: int
    duplicates: int
    unchanged: int
    not_selected: int  # left for later by the filters
    represented: int  # another photo of their group stands for them
    due: int
    new: int
    failing: int  # of those due: their headers show that they will fail
    estimated_seconds: float
    estimated_from: str
    estimated_bytes: int
    free_bytes: int | None  # None if unknown, as for an object store
    reasons: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {**asdict(self), "dry_run": True}


def dry_run(
    library: Library,
    sources: Sequence[Path],
    settings: IngestSettings,
    model: ResolvedModel,
    filters: PhotoFilters = EVERY_PHOTO,
) -> DryRun:
    """Scan and plan, read new files to find copies, and estimate the rest."""
    seconds = model.entry.cpu_seconds
    size = round(model.entry.gaussians * FORMATS.get(settings.splat.format).bytes_per_gaussian)
    estimated_from = "a guess: two CPU cores, no scenes made yet"
    has_catalog = library.has_catalog()
    if has_catalog:
        spent = scenes.c.decode_seconds + scenes.c.predict_seconds + scenes.c.encode_seconds
        of_model = scenes.c.model == model.name
        of_format = scenes.c.format == settings.splat.format
        average_seconds_query = sa.select(sa.func.avg(spent)).where(of_model)
        average_bytes_query = sa.select(sa.func.avg(scenes.c.splat_bytes)).where(
            of_model, of_format
        )
        with library.read() as connection:
            average_seconds, average_bytes = (
                connection.scalar(average_seconds_query),
                connection.scalar(average_bytes_query),
            )
        if average_seconds is not None:
            seconds, estimated_from = float(average_seconds), "by the scenes made so far"
        if average_bytes is not None:
            size = int(average_bytes)
    focal_change = focal_change_of(settings.photo, UserFocalSource.FLAG)
    with library.read() if has_catalog else nullcontext(None) as catalog:
        _, plan = plan_ingest(
            sources, library.root, settings, model.fingerprint, catalog, focal_change
        )
        record = TrialRecord(catalog, filters)
        due = new = failing = 0
        skipped = Counter[str]()
        reasons = Counter[str]()
        for identified in _up_to(settings.limit, plan.due_photos(record, Stop())):
            reason = (
                FailureReason.UNREADABLE
                if identified.error
                else check_header(identified.photo, settings.photo)
            )
            if isinstance(reason, SkipReason):
                skipped[reason] += 1
                continue
            due += 1
            new += plan.rules.state.get(identified.photo.photo_id) is None
            if reason is not None:
                failing += 1
                reasons[reason] += 1
    skipped.update(plan.skipped)  # it grew while files were read
    reasons.update(skipped)
    return DryRun(
        library=str(library),
        model=model.name,
        found=plan.found,
        skipped=skipped.total(),
        duplicates=plan.duplicates,
        unchanged=plan.unchanged,
        not_selected=plan.not_selected,
        represented=plan.represented,
        due=due,
        new=new,
        estimated_seconds=round(due * seconds, 1),
        estimated_from=estimated_from,
        estimated_bytes=due * size,
        free_bytes=library.store.free_bytes(),
        failing=failing,
        reasons=dict(sorted(reasons.items())),
    )


def _up_to(limit: int | None, photos: Iterator[Identified]) -> Iterator[Identified]:
    """Yield photos until `limit` are readable: a run does not count the others either."""
    readable = 0
    for identified in photos:
        yield identified
        readable += identified.error is None
        if readable == limit:
            return
