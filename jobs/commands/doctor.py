"""`sharp-batch doctor`: what this machine can do, and what is missing."""

from __future__ import annotations

import typer

from jobs.commands import options
from jobs.console.output import Output
from jobs.maintenance.doctor import Check, Level, examine

_SIGNS = {Level.OK: "ok", Level.NOTE: "note", Level.PROBLEM: "problem"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Look at this machine: Python, torch, GPU, Ray, photo formats, weights, disk, library."""
    checks = examine(library, catalog)
    document = {
        "ok": all(check.level is not Level.PROBLEM for check in checks),
        "checks": [check.as_dict() for check in checks],
    }
    Output(json, quiet, verbose).result(document, "\n".join(map(_line, checks)))
    if not document["ok"]:
        raise typer.Exit(1)


def _line(check: Check) -> str:
    text = f"{_SIGNS[check.level]:<9}{check.name:<18}{check.found}"
    return text + (f"\n{'':<27}{check.advice}" if check.advice else "")
