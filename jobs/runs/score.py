"""Scores of the scenes that filters select and that have none yet. Resumable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobs.console.output import Output
from jobs.runs.run import new_run_id
from jobs.runs.scene_run import RunnerMaker, SceneRunReport, SceneWork, run_over_scenes
from pipeline.catalog.filters import Filters
from pipeline.flow.score_stored import ScoreStage, due_scores
from pipeline.library import Library
from schemas.execution_settings import SCENE_LIMIT_S


@dataclass(slots=True, kw_only=True)
class ScoreReport(SceneRunReport):
    """What a run did."""


def score(
    library: Library,
    filters: Filters,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
    *,
    again: bool = False,
    limit_s: float = SCENE_LIMIT_S,
) -> ScoreReport:
    """Score the scenes that lack a score. Raises UsageError, LibraryBusyError, RunError."""
    work = SceneWork(
        "score",
        {"again": again},
        ScoreStage(library.store, limit_s=limit_s),
        lambda connection: due_scores(connection, filters, again=again),
    )
    report = ScoreReport(run_id=new_run_id(), library=str(library))
    run_over_scenes(library, work, report, output, runner, deadline)
    return report
