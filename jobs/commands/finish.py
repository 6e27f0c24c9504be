"""How commands end: the result is printed, and the exit code says how the run went."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from jobs.console.output import Output

if TYPE_CHECKING:
    from jobs.runs.run import RunReport


def finish_command(output: Output, report: RunReport, text: str) -> None:
    """Print a run's result and end the command with its exit code, unless all is done."""
    output.result(report.as_dict(), text)
    if report.exit_code:
        raise typer.Exit(int(report.exit_code))


def counts_text(counts: Iterable[tuple[int, str]]) -> list[str]:
    """Return a line for each count that is not zero."""
    return [f"{count} {text}" for count, text in counts if count]
