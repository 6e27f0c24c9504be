"""Downloading weights before a person's eyes: the licence first, then a bar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from jobs.console.output import Output, size_text
from pipeline.flow.model import Fetching

_LINES = 10  # of progress where there is no terminal, for the whole file


@contextlib.contextmanager
def shown_fetching(output: Output) -> Iterator[Fetching]:
    """Yield a Fetching that speaks through `output`; its bar appears with the first bytes.

    Where stderr is no terminal, a line is printed now and then instead.
    """
    is_terminal = output.err.is_terminal
    bar = Progress(
        TextColumn("weights"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=output.err,
        transient=True,
        disable=output.quiet or not is_terminal,
    )
    task = bar.add_task("weights", total=None)
    tenths = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal tenths
        if is_terminal:
            bar.start()
            bar.update(task, completed=done, total=total)
        elif total and _LINES * done // total > tenths:
            tenths = _LINES * done // total
            output.note(f"weights: {size_text(done)} of {size_text(total)}")

    try:
        yield Fetching(output.warn, output.note, progress)
    finally:
        bar.stop()
