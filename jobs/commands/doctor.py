"""`sharp-batch doctor`: what this machine can do, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from schemas.errors import ExitCode

if TYPE_CHECKING:
    from jobs.maintenance.doctor import Check


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(with_options(doctor))


def doctor(
    place: LibraryOptions,
    output: PlainOutput,
) -> None:
    """Check this machine: Python, torch, GPU, Ray, photo formats, weights, disk, library."""
    from jobs.maintenance.doctor import Level, examine

    checks = examine(place.library, place.catalog)
    document = {
        "ok": all(check.level is not Level.PROBLEM for check in checks),
        "checks": [check.as_dict() for check in checks],
    }
    output.result(document, "\n".join(map(_line, checks)))
    if not document["ok"]:
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _line(check: Check) -> str:
    text = f"{check.level:<9}{check.name:<18}{check.found}"
    return text + (f"\n{'':<27}{check.advice}" if check.advice else "")
