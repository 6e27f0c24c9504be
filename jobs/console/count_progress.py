"""Progress of counted work, such as checks: a bar on a terminal, otherwise a line every 15 s."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from jobs.console.output import Output
from jobs.console.progress_bar import is_live, progress_bar

_LINE_EVERY_SECONDS = 15.0  # without a terminal


class Advance(Protocol):
    """Reports finished items."""

    def __call__(self, count: int = 1) -> None:
        """Add `count` finished items."""
        ...


@contextmanager
def count_progress(output: Output, what: str, total: int) -> Iterator[Advance]:
    """Show progress of `total` items inside this context. Call the yielded function per item."""
    has_bar = is_live(output)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = progress_bar(output, *columns, TimeRemainingColumn(), is_shown=has_bar)
    task = bar.add_task(what, total=total)
    done = 0
    last_line = time.monotonic()

    def advance(count: int = 1) -> None:
        nonlocal done, last_line
        done += count
        bar.update(task, completed=done)
        now = time.monotonic()
        if not has_bar and now - last_line >= _LINE_EVERY_SECONDS:
            last_line = now
            output.note(f"{done}/{total} {what}")

    with bar:
        yield advance
