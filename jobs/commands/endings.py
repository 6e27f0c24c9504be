"""How commands end: the result is printed, and the exit code says how the run went."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import typer

from jobs.console.output import Output
from schemas.errors import ExitCode


class RunReport(Protocol):
    """What the reports of all runs have."""

    failed: int
    is_interrupted: bool

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        ...


def end_run(output: Output, report: RunReport, text: str, *, is_incomplete: bool = False) -> None:
    """Print a run's result and end the command with its exit code, unless all is done."""
    output.result(report.as_dict(), text)
    if report.is_interrupted:
        raise typer.Exit(int(ExitCode.INTERRUPTED))
    if report.failed or is_incomplete:
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def counts_text(counts: Iterable[tuple[int, str]]) -> list[str]:
    """Return a line for each count that is not zero."""
    return [f"{count} {text}" for count, text in counts if count]
