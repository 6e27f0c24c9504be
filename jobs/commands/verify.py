"""`sharp-batch verify`: whether the library's files are what its catalog says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from jobs.console.output import size_text, time_text
from schemas.count_text import count_text
from schemas.errors import ExitCode
from schemas.settings import VerifySettings

if TYPE_CHECKING:
    from jobs.maintenance.verify import VerifyReport

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(with_options(verify))


def verify(
    settings: VerifySettings,
    place: LibraryOptions,
    output: PlainOutput,
) -> None:
    """Check that every scene, thumbnail and preview exists and is unchanged.

    After --repair, the next 'ingest' replaces damaged scenes, and 'preview' damaged previews; a
    scene whose photo is gone is kept. Exit code 5 means that damage remains.
    """
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.maintenance.verify import verify as run_verify

    report = run_verify(place.resolve(), settings, output)
    output.result(report.as_dict(), _text(report))
    if report.damaged > report.repaired:
        raise typer.Exit(int(ExitCode.STORE_DAMAGED))
    if report.is_interrupted:
        raise typer.Exit(int(ExitCode.INTERRUPTED))


def _text(report: VerifyReport) -> str:
    lines = [
        f"{count_text(report.scenes, 'scene')} checked "
        f"({count_text(report.files, 'file')}, {size_text(report.bytes)}) "
        f"in {time_text(report.seconds)}"
    ]
    if report.is_interrupted:
        lines.append(f"Interrupted; {count_text(report.left, 'scene is', 'scenes are')} left.")
    if not report.damaged:
        lines.append("No damage found.")
        return "\n".join(lines)
    problems = ", ".join(f"{problem} {count}" for problem, count in report.problems.items())
    lines.append(f"{report.damaged} damaged ({problems}), {report.repaired} of them repaired")
    for damage in report.damages[:_SHOWN]:
        mark = "repaired" if damage["is_repaired"] else "damaged"
        what = damage["path"] or damage["photo_id"]
        lines.append(f"  {mark:<9}{what}: {damage['problem']}: {damage['message']}")
    if len(report.damages) > _SHOWN:
        lines.append(f"  and {len(report.damages) - _SHOWN} more; --json lists them all")
    lines.append(
        f"Run 'sharp-batch ingest' on the photos again: it replaces {report.repaired} of them."
        if report.repaired
        else "Run 'sharp-batch verify --repair' to mark their photos as due."
    )
    return "\n".join(lines)
