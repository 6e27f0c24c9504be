from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from jobs.runs.deadline import deadline_of
from schemas.errors import UsageError
from schemas.execution_settings import DeadlineSettings


def test_a_time_of_day_is_its_next_occurrence() -> None:
    now = datetime.now().astimezone()
    for ahead in (timedelta(minutes=2), timedelta(hours=23)):
        wanted = (now + ahead).strftime("%H:%M")
        deadline = deadline_of(DeadlineSettings(wanted, None))
        assert deadline is not None
        assert deadline.strftime("%H:%M") == wanted
        assert timedelta(0) < deadline - now <= timedelta(hours=25)


def test_the_earlier_of_both_counts() -> None:
    now = datetime.now().astimezone()
    until = (now + timedelta(hours=5)).strftime("%H:%M")
    deadline = deadline_of(DeadlineSettings(until, 1.0))
    assert deadline is not None
    assert abs(deadline - now - timedelta(hours=1)) < timedelta(minutes=1)
    assert deadline_of(DeadlineSettings(None, None)) is None


@pytest.mark.parametrize(("until", "hours"), [("25:00", None), ("noon", None), (None, 0.0)])
def test_what_is_no_time_is_refused(until: str | None, hours: float | None) -> None:
    with pytest.raises(UsageError):
        deadline_of(DeadlineSettings(until, hours))
