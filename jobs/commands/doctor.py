"""`sharp-batch doctor`: what this machine can do, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from schemas.errors import ExitCode

if TYPE_CHECKING:
    from jobs.maintenance.doctor import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(with_options(doctor))


def doctor(
    place: LibraryOptions,
    output: PlainOutput,
) -> None:
    """Check this machine: Python, torch, GPU, Ray, photo formats, weights, disk, library."""
    from jobs.maintenance.doctor import Level, examine

    findings = examine(place.library, place.catalog)
    document = {
        "ok": all(finding.level is not Level.PROBLEM for finding in findings),
        "checks": [finding.as_dict() for finding in findings],
    }
    output.result(document, "\n".join(map(_line, findings)))
    if not document["ok"]:
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _line(finding: Finding) -> str:
    text = f"{finding.level:<9}{finding.name:<18}{finding.found}"
    return text + (f"\n{'':<27}{finding.advice}" if finding.advice else "")
