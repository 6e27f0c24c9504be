"""How many photos there are in each month, or year, of those that filters select."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
from pipeline.catalog.counts import count_by
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import selected_photos
from pipeline.catalog.selection import conditions_by, index_for
from schemas.quality import WITHOUT_DEPTH
from schemas.tables import photos

UNDATED = "undated"
_PERIOD_LENGTHS = (7, 4, 3)  # letters of a month, a year, a decade
_FEW = 8  # photos a month, on average: with fewer, years or decades are the better headings
# All photos with a scene are in one index in order of time, with what a timeline asks for. To read
# all of it takes less than to look up this many photos that a text finds.
_MOST_TO_FIND = 8_000
_AFTER_RANGE = "~"  # comes after all days of a month or a year, as texts are sorted
_MONTH_LETTERS, _YEAR_LETTERS = 7, 4


def _start_of_time(letters: int) -> sa.Label[str]:
    return sa.func.substr(sa.cast(photos.c.taken_at, sa.String), 1, letters).label("start")


_MONTH = _start_of_time(_MONTH_LETTERS)


class Period(NamedTuple):
    """A month as 2019-07, a year as 2019, a decade as 201, or UNDATED, and its photos' number."""

    name: str
    photos: int


def read_periods(connection: Connection, filters: Filters) -> list[Period]:
    """Return the months that have photos, newest first, and the undated ones last.

    Where most months have only a few photos, the periods are years or decades.
    """
    statement = selected_photos(connection, filters, _MONTH, sa.func.count()).group_by(_MONTH)
    return _periods(Counter({row[0]: row[1] for row in connection.execute(statement)}))


class Timeline(NamedTuple):
    """The periods of photos with depth, and the number of photos without."""

    periods: list[Period]
    flat: int


def read_timeline(connection: Connection, filters: Filters) -> Timeline:
    """Return the periods of the photos with depth that filters select, and count the others."""
    most = _MOST_TO_FIND if filters.text else None
    if filters.state is not None and index_for(connection, filters, most) == "":
        all_months, flat_months = _count_ranges(connection, filters, _MONTH_LETTERS)
    else:
        all_months, flat_months = _count_at_once(connection, filters, most)
    return Timeline(_periods(all_months - flat_months), flat_months.total())


def _count_at_once(
    connection: Connection, filters: Filters, most: int | None
) -> tuple[Counter[str], Counter[str]]:
    """Count the photos of each month, and those without depth. The photos are read once."""
    is_flat = Conditions(connection.dialect.name, "").has_a_flag(WITHOUT_DEPTH, wanted=True)
    count = sa.func.count()
    columns = (_MONTH, count, count.filter(is_flat))
    statement = selected_photos(connection, filters, *columns, most=most).group_by(_MONTH)
    rows = connection.execute(statement).all()
    return Counter({row[0]: row[1] for row in rows}), Counter({row[0]: row[2] for row in rows})


def _count_ranges(
    connection: Connection, filters: Filters, letters: int, *where: sa.ColumnElement[bool]
) -> tuple[Counter[str], Counter[str]]:
    """Count the same for SQLite where most photos are selected, in half of the time.

    `letters` is how long a month, or a year, is in a time. These are ranges of an index, which
    are counted without sorting what is in them. Few photos lack depth: their flags find them.
    """
    time = sa.type_coerce(photos.c.taken_at, sa.String)
    is_done = photos.c.state == filters.state
    f = sa.func
    first = sa.select(f.min(time).label("time")).where(is_done, time > "")
    ranges = first.cte("ranges", recursive=True)
    start = f.substr(ranges.c.time, 1, letters)
    later = sa.select(f.min(time)).where(is_done, time > start + _AFTER_RANGE).scalar_subquery()
    ranges = ranges.union_all(sa.select(later).where(ranges.c.time.is_not(None)))
    start = f.substr(ranges.c.time, 1, letters)
    count = sa.select(f.count()).select_from(photos).where(*where)
    in_range = count.where(*conditions_by(connection, filters, "")).correlate(ranges)
    in_range = in_range.where(time >= start, time < start + _AFTER_RANGE)
    counted = sa.select(start, in_range.scalar_subquery()).where(ranges.c.time.is_not(None))
    found = Counter[Any]({row[0]: row[1] for row in connection.execute(counted)})
    # Few photos have no date: each is asked for its text, in place of looking for all texts again.
    undated = count.where(*conditions_by(connection, filters, "", is_page=True), time.is_(None))
    found[None] = connection.scalar(undated) or 0
    by_flags = conditions_by(connection, replace(filters, with_depth=False), "flag")
    of_flat = _start_of_time(letters)
    flat = sa.select(of_flat, f.count()).select_from(photos).where(*where, *by_flags)
    return found, Counter({row[0]: row[1] for row in connection.execute(flat.group_by(of_flat))})


def _periods(counts: Counter[str]) -> list[Period]:
    undated = counts.pop(None, 0)  # type: ignore[call-overload]
    for length in _PERIOD_LENGTHS:
        periods: Counter[str] = Counter()
        for name, count in counts.items():
            periods[name[:length]] += count
        if periods.total() >= _FEW * len(periods):
            break
    found = [Period(name, periods[name]) for name in sorted(periods, reverse=True)]
    return [*found, Period(UNDATED, undated)] if undated else found


def count_scored_years(connection: Connection, filters: Filters) -> Counter[str]:
    """Return how many of the photos that filters select have a score, by their years."""
    is_scored = photos.c.score.is_not(None)
    if filters.state is not None and filters.with_depth and index_for(connection, filters) == "":
        every, flat = _count_ranges(
            connection, replace(filters, with_depth=None), _YEAR_LETTERS, is_scored
        )
        found = every - flat
    else:
        found = count_by(connection, filters, _start_of_time(_YEAR_LETTERS), [is_scored])
    found.pop(None, 0)  # type: ignore[call-overload]
    return found
