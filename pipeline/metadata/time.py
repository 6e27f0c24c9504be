"""When a photo was taken: the texts of date tags -> local time and its distance from UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

# Exif 3.0 writes "2014:09:16 14:05:12", XMP "2014-09-16T14:05:12.13+01:00"; cameras mix the two.
# Some write blanks for leading zeros, or count hours to twelve, in the language of their menus.
_AFTERNOON = ("p", "下午", "오후", "午後")
_HALF = r"[AaPp]\.?[Mm]\.?|上午|下午|오전|오후|午前|午後"
_TIME = re.compile(
    r"(?P<year>\d{4})[:/.-]\s?(?P<month>\d{1,2})[:/.-]\s?(?P<day>\d{1,2})"
    rf"(?:[T\s]+(?P<before>{_HALF})?\s*(?P<hour>\d{{1,2}})(?P<mark>[:-])\s?(?P<minute>\d{{1,2}})"
    r"(?:(?P=mark)\s?(?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?"
    rf"\s*(?P<after>{_HALF})?\s*(?P<zone>.*))?",
    re.DOTALL,
)
# ISO 8601 without separators, as IPTC has it too: "20140916", "20140916T140512+0100".
_COMPACT_TIME = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?\s*(?P<zone>.*))?$",
    re.DOTALL,
)
# Of which the day, or the month too, is not known: "1985-07" and "1985" in XMP, "19850700" in IPTC
# (IIM 4.2), "1985:00:00 00:00:00" in EXIF.
_PART_OF_DATE = re.compile(r"(\d{4})(?:[:-](\d\d))?|(\d{4})[:-]?(\d\d)[:-]?00(?:\D.*)?", re.DOTALL)
_UNIX_SECONDS = re.compile(r"1\d{9}")
_UNIX_MILLISECONDS = re.compile(r"1\d{12}")
_LAST_UNIX_SECOND = 1_826_000_000  # from then on, digits may be a date without separators
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d{2}))?")
_FIRST_YEAR, _LAST_YEAR = 1826, 2100  # 1826: the oldest photograph that survives
_UNSET_CLOCKS = (datetime(1904, 1, 1), datetime(1970, 1, 1))  # where clocks begin to count
_DAY = timedelta(days=1)
_MONTHS = 12
_NOON, _MIDNIGHT = 12, 24
_FIELDS = ("year", "month", "day", "hour", "minute", "second")
YEAR, MONTH, DAY, TIME_OF_DAY = 1, 2, 3, 6  # how many fields of a date are known
_LEAP_SECOND = 60
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


class Dated(NamedTuple):
    """The earliest time that a date tag may mean, and how many fields of it are known."""

    time: LocalTime
    known: int

    def includes(self, other: Dated) -> bool:
        """Say whether another date, which is more exact, may be the same."""
        mine, others = self.time.local.timetuple(), other.time.local.timetuple()
        return other.known > self.known and mine[: self.known] == others[: self.known]


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
    parts = match.groupdict()
    year, month, day, hour, minute, second = (int(parts[name] or 0) for name in _FIELDS)
    half = (parts.get("before") or parts.get("after") or "").lower()
    if half and hour <= _NOON:
        hour = hour % _NOON + (_NOON if half.startswith(_AFTERNOON) else 0)
    if hour == _MIDNIGHT:  # phones that count hours from 1 to 24
        hour = 0
    second -= second == _LEAP_SECOND
    digits = (parts.get("fraction") or (subseconds or "").strip())[:6]
    microsecond = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return None
    if local in _UNSET_CLOCKS or not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        return None
    return LocalTime(local, parse_offset(offset) or parse_offset(parts["zone"]))


def parse_dated(
    text: str | None, subseconds: str | None = None, offset: str | None = None
) -> Dated | None:
    """Read a date tag of which the time of day, the day or the month may not be known."""
    text = (text or "").strip()
    if time := parse_time(text, subseconds, offset):
        match = _TIME.match(text) or _COMPACT_TIME.match(text)
        return Dated(time, DAY if match is not None and match["hour"] is None else TIME_OF_DAY)
    if match := _PART_OF_DATE.fullmatch(text):
        year, month = int(match[1] or match[3]), int(match[2] or match[4] or 0)
        if _FIRST_YEAR <= year <= _LAST_YEAR and month <= _MONTHS:
            return Dated(LocalTime(datetime(year, month or 1, 1)), MONTH if month else YEAR)
    return None


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
