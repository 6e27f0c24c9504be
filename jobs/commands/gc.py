"""`sharp-batch gc`: removes what a library no longer needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from jobs.console.output import size_text

if TYPE_CHECKING:
    from jobs.maintenance.gc import GcReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gc")(with_options(gc))


def gc(
    place: LibraryOptions,
    output: PlainOutput,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="List the files to remove, without removing them.")
    ] = False,
    keep_superseded: Annotated[
        bool,
        typer.Option("--keep-superseded", help="Keep scenes that a better scene has replaced."),
    ] = False,
) -> None:
    """Remove superseded scenes, orphaned files and incomplete files.

    Use --dry-run first. Files in the library that do not belong to it are never removed.
    """
    from jobs.maintenance.gc import collect_garbage

    report = collect_garbage(
        place.resolve(), output, keep_superseded=keep_superseded, is_dry_run=dry
    )
    if output.verbose:
        for path in report.paths:
            output.note(path)
    output.result(report.as_dict(), _text(report))


def _text(report: GcReport) -> str:
    if not report.paths:
        return "There is nothing to remove."
    would = "Would remove" if report.is_dry_run else "Removed"
    lines = [f"{would} {size_text(report.bytes)}:"]
    for count, size, text in (
        (report.superseded, report.superseded_bytes, "superseded scenes"),
        (report.orphans, report.orphan_bytes, "orphaned files"),
        (report.temporaries, report.temporary_bytes, "incomplete files"),
    ):
        if count:
            lines.append(f"  {count} {text} ({size_text(size)})")
    if report.is_dry_run:
        lines.append("--verbose lists them.")
    return "\n".join(lines)
