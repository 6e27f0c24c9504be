"""When a photo was taken: the texts of date tags -> local time and its distance from UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

# Exif 3.0 writes "2014:09:16 14:05:12", XMP "2014-09-16T14:05:12.13+01:00"; cameras mix the two.
# Some write blanks for leading zeros, or count hours to twelve.
_TIME = re.compile(
    r"(\d{4})[:/.-]\s?(\d{1,2})[:/.-]\s?(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):\s?(\d{1,2})(?::\s?(\d{1,2})(?:[.,](\d+))?)?"
    r"\s*(?:([AaPp])\.?[Mm]\.?)?\s*(.*))?",
    re.DOTALL,
)
# ISO 8601 without separators, as IPTC has it too: "20140916", "20140916T140512+0100".
_COMPACT_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?()()\s*(.*))?$", re.DOTALL)
_UNIX_SECONDS = re.compile(r"1\d{9}")
_UNIX_MILLISECONDS = re.compile(r"1\d{12}")
_LAST_UNIX_SECOND = 1_826_000_000  # from then on, digits may be a date without separators
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d{2}))?")
_FIRST_YEAR, _LAST_YEAR = 1826, 2100  # 1826: the oldest photograph that survives
_UNSET_CLOCKS = (datetime(1904, 1, 1), datetime(1970, 1, 1))  # where clocks begin to count
_DAY = timedelta(days=1)
_NOON = 12
_EARLIEST, _LATEST = timedelta(hours=-12), timedelta(hours=14)
_HALF_HOUR_ZONES = (-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825)  # minutes
_OFFSETS_IN_USE = sorted(
    [timedelta(hours=h) for h in range(-12, 15)] + [timedelta(minutes=m) for m in _HALF_HOUR_ZONES]
)
_GPS_CLOCK_SLACK = timedelta(minutes=3)  # a receiver's last fix may be this much older


class LocalTime(NamedTuple):
    """A time on the photographer's clock, and how far that clock is ahead of UTC, if known."""

    local: datetime
    offset: timedelta | None = None


def parse_time(
    text: str | None, subseconds: str | None = None, offset: str | None = None
) -> LocalTime | None:
    """Read a date tag with the tags of its sub-seconds and its offset.

    A date alone is its midnight. Dates that no camera can mean, such as all zeros, are None.
    """
    text = (text or "").strip()
    match = _TIME.match(text) or _COMPACT_TIME.match(text)
    if unix := _unix_time(text):
        return unix
    if not match:
        return None
    *numbers, fraction, half, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    if half and hour <= _NOON:
        hour = hour % _NOON + (_NOON if half in "Pp" else 0)
    digits = (fraction or (subseconds or "").strip())[:6]
    microsecond = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return None
    if local in _UNSET_CLOCKS or not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        return None
    return LocalTime(local, parse_offset(offset) or parse_offset(zone))


def is_date_alone(text: str | None) -> bool:
    """Say whether a date tag has no time of day."""
    text = (text or "").strip()
    match = _TIME.match(text) or _COMPACT_TIME.match(text)
    return match is not None and match[4] is None


def _unix_time(text: str) -> LocalTime | None:
    """Read seconds, or their thousandths, since 1970, which are in UTC."""
    if _UNIX_SECONDS.fullmatch(text):
        seconds, thousandths = int(text), 0
    elif _UNIX_MILLISECONDS.fullmatch(text):
        seconds, thousandths = divmod(int(text), 1000)
    else:
        return None
    if seconds >= _LAST_UNIX_SECOND:
        return None
    since = timedelta(seconds=seconds, milliseconds=thousandths)
    return LocalTime(datetime(1970, 1, 1) + since, timedelta())


def parse_offset(text: str | None) -> timedelta | None:
    """Read an offset from UTC such as "+01:00", "-0530", "GMT+2" or "Z"."""
    text = (text or "").strip()
    if text in {"Z", "GMT", "UTC"}:
        return timedelta()
    match = _OFFSET.match(text)
    if not match:
        return None
    sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    return offset if _EARLIEST <= offset <= _LATEST else None


def offset_from_gps(local: datetime, utc: datetime) -> timedelta | None:
    """Return the offset in use somewhere on Earth that explains a GPS receiver's UTC.

    Receivers are known to give a right time with a wrong date; the time of day then decides.
    """
    difference = local - utc
    if not _EARLIEST - _GPS_CLOCK_SLACK <= difference <= _LATEST + _GPS_CLOCK_SLACK:
        difference %= _DAY
        difference -= _DAY if difference > _DAY / 2 + _GPS_CLOCK_SLACK else timedelta()
    nearest = min(_OFFSETS_IN_USE, key=lambda offset: abs(difference - offset))
    return nearest if abs(difference - nearest) <= _GPS_CLOCK_SLACK else None
