"""Progress of a download of weights: the licence first, then a bar, or ten lines in a log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

from jobs.console.output import Output, size_text
from jobs.console.progress_bar import is_live, progress_bar
from pipeline.flow.model import Fetching

_LINES = 10  # per download, without a terminal


@contextlib.contextmanager
def download_progress(output: Output) -> Iterator[Fetching]:
    """Yield callbacks that report a download through `output`.

    The bar appears with the first bytes. If stderr is not a terminal, lines are printed instead.
    """
    is_terminal = output.err.is_terminal
    columns = (TextColumn("weights"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar = progress_bar(output, *columns, is_shown=is_live(output))
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
