"""The progress bar on stderr that every command uses: columns in, a `rich` progress out."""

from __future__ import annotations

from rich.progress import Progress, ProgressColumn

from jobs.console.output import Output


def is_live(output: Output) -> bool:
    """Return whether a bar is drawn: stderr is a terminal, and the output is not quiet."""
    return output.err.is_terminal and not output.quiet


def progress_bar(output: Output, *columns: ProgressColumn, is_shown: bool) -> Progress:
    """Return a bar that disappears when it stops. Nothing is drawn unless `is_shown`."""
    return Progress(*columns, console=output.err, transient=True, disable=not is_shown)
