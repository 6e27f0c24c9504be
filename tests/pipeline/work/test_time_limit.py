"""A time limit ends wherever its timer rings."""

from __future__ import annotations

import signal
import time

import pytest

from pipeline.work.time_limit import time_limit
from schemas.errors import OutOfTime

pytestmark = pytest.mark.posix


def is_off() -> bool:
    """Tell whether no timer is set, and nothing waits for one."""
    timer = signal.getitimer(signal.ITIMER_REAL)
    return timer == (0.0, 0.0) and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(OutOfTime), time_limit(0.05):
        while True:
            time.sleep(10)
    assert is_off()


def test_what_is_in_time_is_not_ended() -> None:
    with time_limit(1000):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert is_off()


@pytest.mark.parametrize("step", ["as it is set", "as it is taken back"])
def test_a_timer_that_rings_beside_the_work_is_off_after_it(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    set_timer = signal.setitimer

    def ringing(which: int, seconds: float, interval: float = 0.0) -> None:
        set_timer(which, seconds, interval)
        if (seconds > 0) == (step == "as it is set"):
            signal.raise_signal(signal.SIGALRM)

    monkeypatch.setattr(signal, "setitimer", ringing)
    if step == "as it is set":
        with pytest.raises(OutOfTime), time_limit(1000):
            pass
    else:
        with time_limit(1000):  # the work has ended in time
            pass
    monkeypatch.undo()
    assert is_off()
