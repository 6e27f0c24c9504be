"""Downloading weights before a person's eyes: the licence first, then a bar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from jobs.output import Output
from pipeline.model import Fetching


@contextlib.contextmanager
def shown_fetching(output: Output) -> Iterator[Fetching]:
    """Yield a Fetching that speaks through `output`; its bar appears with the first bytes."""
    bar = Progress(
        TextColumn("weights"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=output.err,
        transient=True,
        disable=output.quiet or not output.err.is_terminal,
    )
    task = bar.add_task("weights", total=None)

    def progress(done: int, total: int | None) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield Fetching(output.warn, progress)
    finally:
        bar.stop()
