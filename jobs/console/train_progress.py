"""Progress of a training: a bar on a terminal, otherwise a line every 15 s, or JSON lines."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from jobs.console.output import Output, ProgressKind, json_text, time_text
from jobs.console.progress_bar import counted_bar, is_live

if TYPE_CHECKING:
    from sharp_core.training.sharp.trainer import StepReport

_LINE_EVERY_SECONDS = 15.0
_JSON_EVERY_SECONDS = 1.0


class TrainProgress:
    """Shows the latest step with its loss and the time left."""

    def __init__(self, output: Output, steps: int) -> None:
        self._output = output
        self._steps = steps
        self._is_json = output.progress is ProgressKind.JSON
        self._is_live = is_live(output) and not self._is_json
        self._bar, self._task = counted_bar(output, "steps", steps, is_shown=self._is_live)
        self._began = self._last = time.monotonic()
        self._first_step: int | None = None

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

    def show(self, report: StepReport) -> None:
        """Show a step that was taken."""
        if self._first_step is None:
            self._first_step = report.step - 1
        now = time.monotonic()
        taken = report.step - self._first_step
        left = (now - self._began) / taken * (self._steps - report.step)
        pace = f"loss {report.loss:.3f}, {time_text(left)} left"
        self._bar.update(self._task, completed=report.step, pace=pace)
        every = _JSON_EVERY_SECONDS if self._is_json else _LINE_EVERY_SECONDS
        is_due = now - self._last >= every or report.step == self._steps
        if self._is_live or not is_due:
            return
        self._last = now
        if self._is_json:
            event = {
                "event": "progress",
                "what": "steps",
                "finished": report.step,
                "total": self._steps,
                "seconds_left": round(left, 1),
                **report.values(),
            }
            self._output.err.out(json_text(event), highlight=False)
        else:
            self._output.note(f"{report.step}/{self._steps} steps, {pace}")
