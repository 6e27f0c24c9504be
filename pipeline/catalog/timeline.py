"""A library by capture time, newest first: pages of photos, a photo's neighbours; and by score.

Filters select as in a query, except `where`, `order` and `limit`, which are not used here. A page
starts after a photo (its time and id), not at an offset, so that no photo is repeated or missed
while a run adds photos.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.group_rows import count_made
from pipeline.catalog.periods import UNDATED
from pipeline.catalog.query import paths_of, record_select, selected
from pipeline.catalog.selection import conditions_of
from schemas.errors import UsageError
from schemas.tables import photos, scenes

_PERIOD = re.compile(r"(\d{3})(?:(\d)(?:-(\d{2}))?)?")
# A period has few photos, which its times find: filters that select more than that find no faster.
_MOST_TO_SORT = 2_000


class TimelinePhoto(NamedTuple):
    """What a grid shows of a photo."""

    photo_id: str
    taken_at: datetime | None
    width: int | None
    height: int | None
    path: str | None  # the first of its files, if one is left
    reason: str | None
    message: str | None
    of_moment: int  # photos of its group that have a scene, with itself


class ScoredPhoto(NamedTuple):
    """A photo, and the score of its best scene."""

    photo_id: str
    score: float
    width: int | None
    height: int | None
    path: str | None  # the first of its files, if one is left


class Neighbours(NamedTuple):
    """The photos before and after one, by capture time; None at the ends."""

    newer: str | None
    older: str | None


class Choices(NamedTuple):
    """What filters can be set to: the values that occur, the most frequent first."""

    cameras: tuple[str, ...]
    lenses: tuple[str, ...]
    models: tuple[str, ...]


def read_period(
    connection: Connection, filters: Filters, period: str, after: str | None, limit: int
) -> list[TimelinePhoto]:
    """Return up to `limit` photos of a period, newest first, which come after the photo `after`.

    Raises UsageError if `period` is not a period, or the photo `after` does not exist.
    """
    conditions = conditions_of(connection, filters, is_page=True, most=_MOST_TO_SORT)
    statement = record_select().where(*conditions, _in_period(period))
    if after is not None:
        statement = statement.where(_older_than(_place_in_time(connection, after)))
    return _timeline_photos(connection, statement.order_by(*_NEWEST_FIRST).limit(limit))


def read_photo_list(
    connection: Connection, filters: Filters, after: str | None, limit: int
) -> list[TimelinePhoto]:
    """Return up to `limit` photos by id, of any month, which come after the photo `after`."""
    statement = selected(connection, filters).order_by(photos.c.photo_id).limit(limit)
    if after is not None:
        statement = statement.where(photos.c.photo_id > after)
    return _timeline_photos(connection, statement)


def read_beside(connection: Connection, filters: Filters, photo_id: str) -> Neighbours:
    """Return the neighbours of a photo among those that filters select. Raises UsageError."""
    place = _place_in_time(connection, photo_id)
    chosen = selected(connection, filters, is_page=True)
    is_dated = place.taken_at is not None
    # Dated and undated photos are two ranges of an index; both at once would be a scan.
    older = [_before(place), photos.c.taken_at.is_(None)] if is_dated else [_older_than(place)]
    newer = [_after(place)] if is_dated else [_newer_undated(place), photos.c.taken_at.is_not(None)]
    return Neighbours(
        _first_id(connection, [chosen.where(one).order_by(*_OLDEST_FIRST) for one in newer]),
        _first_id(connection, [chosen.where(one).order_by(*_NEWEST_FIRST) for one in older]),
    )


def read_best(
    connection: Connection, filters: Filters, limit: int, skip: int = 0
) -> list[ScoredPhoto]:
    """Return up to `limit` photos with the best scores, the best first."""
    columns = [photos.c[name] for name in ("photo_id", "score", "width", "height")]
    rows = connection.execute(
        by_score(connection, filters, *columns).limit(limit).offset(skip)
    ).all()
    paths = paths_of(connection, [row.photo_id for row in rows])
    return [
        ScoredPhoto(path=next(iter(paths.get(row.photo_id, ())), None), **row._mapping)
        for row in rows
    ]


def by_score(
    connection: Connection, filters: Filters, *columns: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """Return the statement for the photos with a score that filters select, the best first."""
    conditions = conditions_of(connection, filters, is_page=True, most=_MOST_TO_SORT, order="score")
    statement = sa.select(*columns).where(*conditions, photos.c.score.is_not(None))
    return statement.order_by(photos.c.score.desc(), photos.c.photo_id)


def read_choices(connection: Connection) -> Choices:
    """Return what cameras, lenses and models there are."""
    columns = (photos.c.camera_model, photos.c.lens_model, scenes.c.model)
    return Choices(*(_values(connection, column) for column in columns))


class _Place(NamedTuple):
    """A photo's place in the order."""

    taken_at: datetime | None
    photo_id: str


_NEWEST_FIRST = (photos.c.taken_at.desc().nulls_last(), photos.c.photo_id.desc())
_OLDEST_FIRST = (photos.c.taken_at.asc().nulls_first(), photos.c.photo_id.asc())


def _place_in_time(connection: Connection, photo_id: str) -> _Place:
    statement = sa.select(photos.c.taken_at, photos.c.photo_id)
    row = connection.execute(statement.where(photos.c.photo_id == photo_id)).one_or_none()
    if row is None:
        raise UsageError(f"{photo_id!r}: the library knows no such photo", "Load the page again.")
    return _Place(*row)


def _older_than(place: _Place) -> sa.ColumnElement[bool]:
    taken_at, photo_id = photos.c.taken_at, photos.c.photo_id
    if place.taken_at is None:
        return sa.and_(taken_at.is_(None), photo_id < place.photo_id)
    return sa.or_(_before(place), taken_at.is_(None))


def _before(place: _Place) -> sa.ColumnElement[bool]:
    """Select photos with an earlier time, as a range that an index finds."""
    taken_at, photo_id = photos.c.taken_at, photos.c.photo_id
    earlier = sa.or_(taken_at < place.taken_at, photo_id < place.photo_id)
    return sa.and_(taken_at <= place.taken_at, earlier)


def _after(place: _Place) -> sa.ColumnElement[bool]:
    taken_at, photo_id = photos.c.taken_at, photos.c.photo_id
    later = sa.or_(taken_at > place.taken_at, photo_id > place.photo_id)
    return sa.and_(taken_at >= place.taken_at, later)


def _newer_undated(place: _Place) -> sa.ColumnElement[bool]:
    return sa.and_(photos.c.taken_at.is_(None), photos.c.photo_id > place.photo_id)


def _in_period(period: str) -> sa.ColumnElement[bool]:
    if period == UNDATED:
        return photos.c.taken_at.is_(None)
    match = _PERIOD.fullmatch(period)
    decade, digit, month = match.groups() if match else ("000", None, None)
    first_year, last_year = int(decade + (digit or "0")), int(decade + (digit or "9"))
    first_month, last_month = (int(month), int(month)) if month else (1, 12)
    if not (first_year >= 1 and last_year < 9999 and 1 <= first_month <= 12):
        raise UsageError(f"{period!r} is not a month", f"Write 2019-07, 2019, 201 or {UNDATED}.")
    start = datetime(first_year, first_month, 1)
    end = datetime(last_year + last_month // 12, last_month % 12 + 1, 1)
    return sa.and_(photos.c.taken_at >= start, photos.c.taken_at < end)


def _timeline_photos(connection: Connection, statement: sa.Select[Any]) -> list[TimelinePhoto]:
    names = ("photo_id", "taken_at", "width", "height", "reason", "message")
    columns = [statement.selected_columns[name] for name in names]
    rows = connection.execute(statement.with_only_columns(*columns, photos.c.group_id)).all()
    paths = paths_of(connection, [row.photo_id for row in rows])
    sizes = count_made(connection, {row.group_id for row in rows if row.group_id is not None})
    return [
        TimelinePhoto(
            *(row.photo_id, row.taken_at, row.width, row.height),
            path=next(iter(paths.get(row.photo_id, ())), None),
            reason=row.reason,
            message=row.message,
            of_moment=sizes.get(row.group_id, 1),
        )
        for row in rows
    ]


def _first_id(connection: Connection, statements: Sequence[sa.Select[Any]]) -> str | None:
    """Return the first photo of the first statement that finds one."""
    for statement in statements:
        only = statement.with_only_columns(photos.c.photo_id).limit(1)
        if (found := connection.scalar(only)) is not None:
            return str(found)
    return None


def _values(connection: Connection, column: sa.Column[Any]) -> tuple[str, ...]:
    statement = sa.select(column).where(column.is_not(None)).group_by(column)
    rows: Sequence[str] = connection.scalars(statement.order_by(sa.func.count().desc())).all()
    return tuple(rows)
