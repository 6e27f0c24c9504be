"""Progress of work that is counted and not made: a bar on a terminal, now and then a line else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from jobs.console.output import Output

_LINE_EVERY_SECONDS = 15.0  # where there is no terminal to draw on


class Advance(Protocol):
    """Says that some more are done."""

    def __call__(self, count: int = 1) -> None:
        """Count."""
        ...


@contextmanager
def counted(output: Output, what: str, total: int) -> Iterator[Advance]:
    """Show progress while this holds; what it yields is called as things are done."""
    is_live = output.err.is_terminal and not output.quiet
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=output.err,
        transient=True,
        disable=not is_live,
    )
    task = bar.add_task(what, total=total)
    done = 0
    last_line = time.monotonic()

    def advance(count: int = 1) -> None:
        nonlocal done, last_line
        done += count
        bar.update(task, completed=done)
        now = time.monotonic()
        if not is_live and now - last_line >= _LINE_EVERY_SECONDS:
            last_line = now
            output.note(f"{done}/{total} {what}")

    with bar:
        yield advance
