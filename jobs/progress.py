"""How a run tells a person where it is: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from jobs.output import Output, time_text
from schemas.records import Done, Failed, Made, Outcome, Skipped

_LINE_EVERY_SECONDS = 15.0  # where there is no terminal to draw on


class RunProgress:
    """Counts outcomes and shows rate and ETA. The total falls as copies are found."""

    def __init__(self, output: Output, what: str = "photos") -> None:
        self._output = output
        self._what = what
        self._is_live = output.err.is_terminal and not output.quiet
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            console=output.err,
            transient=True,
            disable=not self._is_live,
        )
        self._task: TaskID = self._bar.add_task(what, total=None, pace="")
        self._started = time.monotonic()
        self._last_line = self._started
        self._done = 0
        self._failed = 0
        self._total = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, total: int) -> None:
        """Start the clock: the work begins now."""
        self._started = self._last_line = time.monotonic()
        self.set_total(total)

    def set_total(self, total: int) -> None:
        """Set how many photos there are at most."""
        self._total = total
        self._bar.update(self._task, total=total)

    def advance(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self._done += 1
        if isinstance(outcome, Failed):
            self._failed += 1
        self._say(outcome)
        self._bar.update(self._task, completed=self._done, pace=self._pace())
        now = time.monotonic()
        if not self._is_live and now - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = now
            self._output.note(f"{self._done}/{self._total} {self._what}, {self._pace()}")

    def _pace(self) -> str:
        seconds = time.monotonic() - self._started
        rate = self._done / seconds if seconds > 0 else 0.0
        left = (self._total - self._done) / rate if rate else 0.0
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{rate:.2f} photos/s, {time_text(left)} left{failed}"

    def _say(self, outcome: Outcome) -> None:
        match outcome:
            case Failed():
                path = escape(outcome.file.path)
                text = f"[red]failed[/] {path}: {outcome.reason}: {escape(outcome.message)}"
            case Skipped():
                path = escape(outcome.file.path)
                text = f"[yellow]skipped[/] {path}: {outcome.reason}: {escape(outcome.message)}"
            case Done():
                seconds = (
                    outcome.photo.seconds
                    + outcome.scene.predict_seconds
                    + outcome.scene.encode_seconds
                )
                text = f"[green]done[/] {escape(outcome.photo.file.path)} ({seconds:.1f} s)"
            case Made():
                text = f"[green]made[/] {escape(outcome.file.path)} ({outcome.seconds:.1f} s)"
        if self._output.verbose or (isinstance(outcome, Failed) and not self._output.quiet):
            self._bar.console.print(text)
