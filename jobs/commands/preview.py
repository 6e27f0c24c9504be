"""`sharp-batch preview`: clips and stills of all scenes that filters select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.commands.finish import counts_text, finish_command
from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions
from jobs.commands.run_options import RunOptions, WatchOptions
from jobs.console.output import Output, size_text, time_text
from jobs.runs.deadline import deadline_of
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from schemas.count_text import count_text
from schemas.execution_settings import SceneLimit
from schemas.export_settings import PreviewSettings

if TYPE_CHECKING:
    from jobs.runs.preview import PreviewReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(with_options(preview))


def preview(
    settings: PreviewSettings,
    filters: Filters,
    run: RunOptions,
    watch: WatchOptions,
    limit: SceneLimit,
    place: LibraryOptions,
    output: Output,
) -> None:
    """Make parallax clips of all scenes that have none yet, or of those that filters select.

    They are in the library's folder previews. Run it again at any time: existing previews are kept.
    """
    deadline = deadline_of(run.end)
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from jobs.runs.preview import preview as run_previews

    library = place.resolve()
    warn_of_unmatched(output, library, filters)
    with watch.watching(library, output):
        report = run_previews(
            library,
            filters,
            settings,
            output,
            run.scene_runner(),
            deadline,
            limit.timeout,
        )
    finish_command(output, report, _text(report))


def _text(report: PreviewReport) -> str:
    return "\n".join(
        [
            f"Previews of {count_text(report.done, 'scene')} made ({', '.join(report.kinds)}; "
            f"{size_text(report.bytes)}) in {time_text(report.seconds)}",
            *counts_text(
                [
                    (report.failed, "failed"),
                    (report.unchanged, "already had previews"),
                    (report.left, "left for the next run"),
                ]
            ),
            f"Output folder: {report.library}/previews",
        ]
    )
