"""Previews of the scenes that filters select. Resumable: what is there is not made again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from jobs.console.output import Output
from jobs.runs.ingest import new_run_id
from jobs.runs.over_scenes import EachReport, EachWork, RunnerMaker, run_each
from pipeline.catalog.query import Filters
from pipeline.scenes.previews import PreviewStage, due_previews
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from schemas.settings import SCENE_LIMIT_S, PreviewSettings


@dataclass(slots=True)
class PreviewReport(EachReport):
    """What a run did."""

    kinds: list[str] = field(default_factory=list)


def preview(
    root: LibraryRoot,
    filters: Filters,
    settings: PreviewSettings,
    output: Output,
    runner: RunnerMaker,
    catalog_url: str | None = None,
    deadline: datetime | None = None,
    limit_s: float = SCENE_LIMIT_S,
) -> PreviewReport:
    """Make the previews that are missing. Raises UsageError, LibraryBusyError, RunError."""
    store = Store(root)
    work = EachWork(
        "preview",
        asdict(settings),
        PreviewStage(settings, store, limit_s=limit_s),
        lambda connection: due_previews(connection, store, filters, settings),
    )
    kinds = [kind.value for kind in settings.kinds]
    report = PreviewReport(new_run_id(), str(root), kinds=kinds)
    run_each(root, work, report, output, runner, catalog_url, deadline)
    return report
