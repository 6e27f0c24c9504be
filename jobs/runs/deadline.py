"""When a run is to end by itself: --until and --max-hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from schemas.errors import UsageError
from schemas.execution_settings import DeadlineSettings


def deadline_of(settings: DeadlineSettings) -> datetime | None:
    """Return the earlier of both limits, as local time with its zone; None where none is given.

    `until` is HH:MM, its next occurrence. Raises UsageError.
    """
    until, max_hours = settings.until, settings.max_hours
    now = datetime.now().astimezone()
    ends = []
    if until is not None:
        ends.append(_next(now, _clock_time(until)))
    if max_hours is not None:
        if max_hours <= 0:  # any length above zero is allowed: no limit with a minimum says that
            raise UsageError("--max-hours must be above 0")
        ends.append(now + timedelta(hours=max_hours))
    return min(ends, default=None)


def _clock_time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise UsageError(f"--until {text!r} is not a time of day", "Write it like 06:30.") from None


def _next(now: datetime, clock: time) -> datetime:
    # Through local time without a zone: on the day the clocks change the offset is another.
    today = datetime.combine(now.date(), clock).astimezone()
    if today > now:
        return today
    return datetime.combine(now.date() + timedelta(days=1), clock).astimezone()
