"""The calls of hooks of one run: one after the other, in a thread beside the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from jobs.monitoring.hook_call import call_hook
from schemas.count_text import count_text
from schemas.errors import HookError

_MOST_WAITING = 1000  # calls; further ones of scenes are left out
_WARNINGS = 3  # of single calls; then only their number, at the end of the run


class HookCall(NamedTuple):
    """What is called, and what it gets."""

    target: str  # a command, or a web address
    document: str  # JSON
    is_of_run: bool  # such a call is never left out


class HookCalls:
    """Makes the calls that are added, each for at most `timeout` seconds.

    At the end of a run those of scenes that still wait may take that time once more, all of them
    together; then the run's own end is told. What fails, or is left out, is a warning.
    """

    def __init__(self, timeout: float, warn: Callable[[str], None]) -> None:
        self._timeout = timeout
        self._warn = warn
        self._calls: SimpleQueue[HookCall | None] = SimpleQueue()
        self._failed = self._late = 0  # counted by the thread
        self._left_out = 0
        self._leave_out_at = float("inf")  # monotonic time
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
        self._thread.start()

    def add(self, call: HookCall) -> None:
        """Have a call made, without waiting for it."""
        if self._calls.qsize() >= _MOST_WAITING and not call.is_of_run:
            self._left_out += 1
        else:
            self._calls.put(call)

    def finish(self) -> None:
        """Wait until all calls are made or have taken too long; then nothing may be added."""
        self._leave_out_at = time.monotonic() + self._timeout
        self._calls.put(None)
        self._thread.join(3 * self._timeout)  # one under way, those of scenes, that of the run
        if self._thread.is_alive():
            self._warn("the calls of hooks take too long: the last ones may be missing")
        if self._failed > _WARNINGS:
            self._warn(f"{self._failed} calls of hooks have failed")
        left_out = self._left_out + self._late
        if left_out:
            calls = count_text(left_out, "call")
            self._warn(f"{calls} of the scene hook left out: it is too slow")

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            if not call.is_of_run and time.monotonic() > self._leave_out_at:
                self._late += 1
                continue
            try:
                call_hook(call.target, call.document, self._timeout)
            except HookError as error:
                self._failed += 1
                if self._failed <= _WARNINGS:
                    self._warn(f"a hook has failed: {error}")
