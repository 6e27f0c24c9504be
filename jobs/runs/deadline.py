"""When a run is to end by itself: --until and --max-hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from schemas.errors import UsageError


def deadline_of(until: str | None, max_hours: float | None) -> datetime | None:
    """Return the earlier of both, as local time with its zone; None where neither is given.

    `until` is HH:MM, its next occurrence. Raises UsageError.
    """
    now = datetime.now().astimezone()
    ends = []
    if until is not None:
        ends.append(_next(now, _clock_time(until)))
    if max_hours is not None:
        if not 0 < max_hours <= 24 * 365:
            raise UsageError(f"--max-hours {max_hours:g} is not a valid length of a run")
        ends.append(now + timedelta(hours=max_hours))
    return min(ends, default=None)


def _clock_time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise UsageError(
            f"--until {text!r} is not a time of day", "Write it as in 06:30."
        ) from None


def _next(now: datetime, clock: time) -> datetime:
    # Through local time without a zone: on the day the clocks change the offset is another.
    today = datetime.combine(now.date(), clock).astimezone()
    if today > now:
        return today
    return datetime.combine(now.date() + timedelta(days=1), clock).astimezone()
