"""Ends work on one photo that takes too long."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from schemas.errors import OutOfTime

_AGAIN_SECONDS = 1.0
# How long work that never returns to Python may go on after its limit.
GRACE_SECONDS = 10.0


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime inside after `seconds`, and again each second until it is handled.

    Where there are no timers (Windows, threads beside the main one) nothing is limited.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if sys.platform == "win32" or not in_main_thread:
        yield
        return

    is_inside = True

    def ring(_number: int, _frame: FrameType | None) -> None:
        if is_inside:
            raise OutOfTime(seconds)

    before = signal.signal(signal.SIGALRM, ring)
    # The timer may ring at every step, also between these: none of them may leave it set.
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
            yield
        finally:
            is_inside = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def process_dies_after(seconds: float) -> Iterator[None]:
    """End this whole process if what is inside takes longer than `seconds` and some grace.

    For workers: `time_limit` cannot end a library call that never returns to Python.
    """
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - it wants a file descriptor
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
