"""`sharp-batch verify`: whether the library's files are what its catalog says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import options
from jobs.console.output import Output, size_text, time_text
from schemas.errors import ExitCode

if TYPE_CHECKING:
    from jobs.maintenance.verify import VerifyReport

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    quick: Annotated[
        bool, typer.Option("--quick", help="Look at sizes only, not at contents.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(help="Check this many scenes, those first whose last check is longest ago."),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Have the photos of damaged or missing scenes made again."),
    ] = False,
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check every scene, thumbnail and preview: there, of the right size, the bytes as written.

    With --repair the next 'ingest' makes damaged scenes again, and 'preview' damaged previews; a
    scene whose photo is gone is never given up. Exit code 5 says that damage is left.
    """
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.maintenance.verify import verify as run_verify
    from pipeline.library import Library
    from schemas.settings import VerifySettings

    output = Output(json, quiet, verbose)
    report = run_verify(
        Library.resolve(library, catalog), VerifySettings(quick, sample, repair), output
    )
    output.result(report.as_dict(), _text(report))
    if report.damaged > report.repaired:
        raise typer.Exit(int(ExitCode.STORE_DAMAGED))
    if report.is_interrupted:
        raise typer.Exit(int(ExitCode.INTERRUPTED))


def _text(report: VerifyReport) -> str:
    lines = [
        f"{report.scenes} scenes looked at ({report.files} files, {size_text(report.bytes)}) "
        f"in {time_text(report.seconds)}"
    ]
    if report.is_interrupted:
        lines.append(f"Interrupted; {report.left} scenes are left.")
    if not report.damaged:
        lines.append("All is as the catalog says.")
        return "\n".join(lines)
    problems = ", ".join(f"{problem} {count}" for problem, count in report.problems.items())
    lines.append(f"{report.damaged} damaged ({problems}), {report.repaired} of them put right")
    for damage in report.damages[:_SHOWN]:
        mark = "repaired" if damage["is_repaired"] else "damaged"
        what = damage["path"] or damage["photo_id"]
        lines.append(f"  {mark:<9}{what}: {damage['problem']}: {damage['message']}")
    if len(report.damages) > _SHOWN:
        lines.append(f"  and {len(report.damages) - _SHOWN} more; --json lists them all")
    lines.append(
        f"Run 'sharp-batch ingest' on the photos again: {report.repaired} are made anew."
        if report.repaired
        else "'sharp-batch verify --repair' has them made again."
    )
    return "\n".join(lines)
