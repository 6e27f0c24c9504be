"""Progress of a run: a bar on a terminal, otherwise a line every 15 s, or JSON lines."""

from __future__ import annotations

import time
from dataclasses import asdict
from types import TracebackType
from typing import Self

from rich.markup import escape

from jobs.console.output import Output, ProgressKind, json_text, time_text
from jobs.console.progress_bar import counted_bar, is_live
from pipeline.work.monitor import RunMonitor
from schemas.outcomes import Done, Failed, Made, Outcome, Skipped, UnderWay

_LINE_EVERY_SECONDS = 15.0  # without a terminal
_JSON_EVERY_SECONDS = 1.0


class RunProgress:
    """Counts outcomes and shows rate and ETA. The total decreases when copies are found."""

    def __init__(
        self, output: Output, what: str = "photos", monitor: RunMonitor | None = None
    ) -> None:
        """`monitor` adds the state of the stages to the progress."""
        self._output = output
        self._what = what
        self._monitor = monitor
        self._is_json = output.progress is ProgressKind.JSON
        self._is_live = is_live(output) and not self._is_json
        self._bar, self._task = counted_bar(output, what, None, is_shown=self._is_live)
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
        if self._is_json:
            self._write_json()

    def begin(self, total: int) -> None:
        """Start the clock and set the total."""
        self._started = self._last_line = time.monotonic()
        self.set_total(total)

    def set_total(self, total: int) -> None:
        """Set the maximum number of photos."""
        self._total = total
        self._bar.update(self._task, total=total)

    @property
    def total(self) -> int:
        """The maximum number of photos."""
        return self._total

    def advance(self, outcome: Outcome) -> None:
        """Count one outcome."""
        if isinstance(outcome, UnderWay):
            return
        if isinstance(outcome, Failed) and not outcome.is_final:
            self._say(outcome)
            return
        self._done += 1
        if isinstance(outcome, Failed):
            self._failed += 1
        self._say(outcome)
        if isinstance(outcome, Done) and outcome.preview_failure is not None:
            self._say(outcome.preview_failure, "[yellow]no preview[/]")
        self._bar.update(self._task, completed=self._done, pace=self._pace())
        now = time.monotonic()
        every = _JSON_EVERY_SECONDS if self._is_json else _LINE_EVERY_SECONDS
        if self._is_live or now - self._last_line < every:
            return
        self._last_line = now
        if self._is_json:
            self._write_json()
        else:
            self._output.note(f"{self._done}/{self._total} {self._what}, {self._pace()}")

    def _rate_and_left(self) -> tuple[float, float]:
        seconds = time.monotonic() - self._started
        rate = self._done / seconds if seconds > 0 else 0.0
        return rate, (self._total - self._done) / rate if rate else 0.0

    def _pace(self) -> str:
        rate, left = self._rate_and_left()
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{rate:.2f} {self._what}/s, {time_text(left)} left{failed}{self._stages()}"

    def _stages(self) -> str:
        if self._monitor is None or self._monitor.busy_share is None:
            return ""
        now = self._monitor.now
        return (
            f"; decode {now.decoding}, wait {now.waiting}, predict {now.predicting}, "
            f"encode {now.encoding}; predictors {self._monitor.busy_share:.0%} busy"
        )

    def _write_json(self) -> None:
        rate, left = self._rate_and_left()
        event: dict[str, object] = {
            "event": "progress",
            "what": self._what,
            "finished": self._done,
            "failed": self._failed,
            "total": self._total,
            "per_second": round(rate, 4),
            "seconds_left": round(left, 1),
        }
        if self._monitor is not None:
            event["stages"] = asdict(self._monitor.now)
            event["predictors_busy_share"] = self._monitor.busy_share
        self._output.err.out(json_text(event), highlight=False)

    def _say(self, outcome: Outcome, failure_word: str = "[red]failed[/]") -> None:
        match outcome:
            case Failed():
                path = escape(outcome.file.path)
                word = failure_word if outcome.is_final else "[yellow]again[/]"
                text = f"{word} {path}: {outcome.reason}: {escape(outcome.message)}"
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
