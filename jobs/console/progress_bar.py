"""The progress bar on stderr that every command uses: columns in, a `rich` progress out."""

from __future__ import annotations

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
)

from jobs.console.output import Output


def is_live(output: Output) -> bool:
    """Return whether a bar is drawn: stderr is a terminal, and the output is not quiet."""
    return output.err.is_terminal and not output.quiet


def progress_bar(output: Output, *columns: ProgressColumn, is_shown: bool) -> Progress:
    """Return a bar that disappears when it stops. Nothing is drawn unless `is_shown`."""
    return Progress(*columns, console=output.err, transient=True, disable=not is_shown)


def counted_bar(
    output: Output, what: str, total: int | None, *, is_shown: bool
) -> tuple[Progress, TaskID]:
    """Return a bar that counts `what`, with a text `pace` at its end, and its only task."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = progress_bar(output, *columns, TextColumn("{task.fields[pace]}"), is_shown=is_shown)
    return bar, bar.add_task(what, total=total, pace="")
