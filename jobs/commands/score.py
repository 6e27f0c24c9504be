"""`sharp-batch score`: scores of the scenes that were made before there were any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import counts_text, finish_command
from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions
from jobs.commands.run_options import RunOptions, WatchOptions
from jobs.console.output import Output, time_text
from jobs.runs.deadline import deadline_of
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from schemas.count_text import count_text
from schemas.execution_settings import SceneLimit

if TYPE_CHECKING:
    from jobs.runs.score import ScoreReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score")(with_options(score))


def score(
    filters: Filters,
    run: RunOptions,
    watch: WatchOptions,
    limit: SceneLimit,
    place: LibraryOptions,
    output: Output,
    again: Annotated[
        bool, typer.Option("--again", help="Also score scenes that have a score.")
    ] = False,
) -> None:
    """Score all scenes that have no score yet, or those of them that filters select.

    `ingest` scores each new scene itself. This is for scenes of earlier versions.
    """
    deadline = deadline_of(run.end)
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from jobs.runs.score import score as run_scores

    library = place.resolve()
    warn_of_unmatched(output, library, filters)
    with watch.watching(library, output):
        report = run_scores(
            library,
            filters,
            output,
            run.scene_runner(),
            deadline,
            again=again,
            limit_s=limit.timeout,
        )
    finish_command(output, report, _text(report))


def _text(report: ScoreReport) -> str:
    return "\n".join(
        [
            f"{count_text(report.done, 'scene')} scored in {time_text(report.seconds)}",
            *counts_text(
                [
                    (report.failed, "failed"),
                    (report.unchanged, "already had a score"),
                    (report.left, "left for the next run"),
                ]
            ),
        ]
    )
