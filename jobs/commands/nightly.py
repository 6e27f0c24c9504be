"""`sharp-batch nightly`: everything that is due, unattended, with a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import PlainOutput
from jobs.console.output import time_text
from jobs.nightly.units import UnitKind
from schemas.errors import UsageError

if TYPE_CHECKING:
    from jobs.nightly.report import NightlyReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("nightly")(with_options(nightly))


def nightly(
    output: PlainOutput,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file (TOML).", dir_okay=False)
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print an example configuration and exit.")
    ] = False,
    print_unit: Annotated[
        UnitKind | None,
        typer.Option(help="Print a unit that runs it every night and exit."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the configuration and exit.")
    ] = False,
) -> None:
    """Ingest, make previews and exports, verify old scenes and remove garbage, unattended.

    The report is written into the library's folder runs. Start with:

    sharp-batch nightly --print-config > nightly.toml
    """
    # Imported here: help and mistakes need none of it.
    from jobs.nightly.config import load_config

    if print_config:
        from jobs.nightly.example import example_text

        typer.echo(example_text(), nl=False)
        return
    if config is None:
        raise UsageError("--config is needed", "See 'sharp-batch nightly --print-config'.")
    night = load_config(config, output.note)
    if print_unit is not None:
        from jobs.nightly.units import unit_text

        typer.echo(unit_text(print_unit, config, night), nl=False)
        return
    if check:
        for export in night.exports_beside_photos():
            output.warn(f"exports to {export} are inside a source: they do not become photos")
        output.result({"config": str(config), "ok": True}, f"{config} is valid.")
        return
    from jobs.nightly.night import run_night

    report = run_night(night, output)
    output.result(report.as_dict(), _text(report))
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _text(report: NightlyReport) -> str:
    lines = [f"{report.outcome} ({time_text(report.seconds)})"]
    lines += [
        f"  {step.name:<10}{step.summary if step.error is None else f'error: {step.error}'}"
        for step in report.steps
    ]
    lines.append(f"Report: {report.library}/runs/{report.night_id}.html")
    return "\n".join(lines)
