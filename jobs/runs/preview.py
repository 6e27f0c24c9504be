"""Previews of the scenes that filters select. Resumable: existing previews are not made again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from jobs.console.output import Output
from jobs.runs.run import new_run_id
from jobs.runs.scene_run import RunnerMaker, SceneRunReport, SceneWork, run_over_scenes
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.scenes.previews import PreviewStage, check_previews, due_previews
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.export_settings import PreviewSettings


@dataclass(slots=True, kw_only=True)
class PreviewReport(SceneRunReport):
    """What a run did."""

    kinds: list[str] = field(default_factory=list)


def preview(
    library: Library,
    filters: Filters,
    settings: PreviewSettings,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
    limit_s: float = SCENE_LIMIT_S,
) -> PreviewReport:
    """Make the previews that are missing. Raises UsageError, LibraryBusyError, RunError."""
    check_previews(settings)
    store = library.store
    work = SceneWork(
        "preview",
        asdict(settings),
        PreviewStage(settings, store, limit_s=limit_s),
        lambda connection: due_previews(connection, store, filters, settings),
    )
    kinds = [kind.value for kind in settings.kinds]
    report = PreviewReport(run_id=new_run_id(), library=str(library), kinds=kinds)
    run_over_scenes(library, work, report, output, runner, deadline)
    return report
