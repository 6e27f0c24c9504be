"""Questions to a catalog: which photos, what a person's filters select. Nothing here writes."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from pipeline.catalog.portable_sql import (
    EARTH_RADIUS_KM,
    distance_expression,
    matches_glob,
    reading_only,
    register_functions,
    rows_where,
)
from pipeline.catalog.text import path_text
from schemas.errors import UsageError
from schemas.records import PhotoRecord
from schemas.tables import photo_paths, photos, scenes

_T = TypeVar("_T")
_PATHS_AT_ONCE = 500
_COUNTED = 20_000  # rows of a range, to tell which of two is narrower
MAX_LIMIT = 1_000_000_000  # more photos than anyone has, and a number that every database takes
_KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180
RECORD_FIELDS = tuple(field.name for field in fields(PhotoRecord))
_COLUMNS = tuple(name for name in RECORD_FIELDS if name != "paths")


@dataclass(frozen=True, slots=True)
class Place:
    """A circle on the ground: degrees and kilometres."""

    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class Filters:
    """What a query selects; a filter that is None selects everything."""

    state: str | None = None
    reason: str | None = None
    model: str | None = None
    camera: str | None = None  # part of make or model, any case
    lens: str | None = None
    after: datetime | None = None  # inclusive, the photo's local time
    before: datetime | None = None  # exclusive
    near: Place | None = None
    path: str | None = None  # glob over the whole path
    text: str | None = None  # words, each of them in the path, the camera or the lens, any case
    where: str | None = None  # an SQL expression over the record's fields
    order: str | None = None  # a field of the record; '-' before it turns the order round
    limit: int | None = None


def find(connection: Connection, filters: Filters) -> Iterator[PhotoRecord]:
    """Return the photos that `filters` select, by capture time unless they say otherwise.

    They are selected at once, before the first is yielded. Raises UsageError where `where` or
    `order` do not fit the record, or a filter is no text.
    """
    try:
        rows = _select(connection, filters)
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{error.object!a} holds bytes that are no UTF-8", "Write the filter as text."
        ) from error
    return _records(connection, rows)


def _select(connection: Connection, filters: Filters) -> Sequence[sa.Row[Any]]:
    register_functions(connection)
    statement = selected(connection, filters)
    if filters.where is None:
        statement = _ordered(statement, filters.order).limit(filters.limit)
        return connection.execute(statement).all()
    driver = connection.connection.driver_connection
    try:
        if isinstance(driver, sqlite3.Connection):
            statement = _ordered(_where(statement, filters.where), filters.order)
            with reading_only(driver):
                return connection.execute(statement.limit(filters.limit)).all()
        statement = _ordered(statement, filters.order)
        rows = connection.execute(statement).all()
        columns = list(statement.selected_columns)
        return rows_where(filters.where, columns, rows)[: filters.limit]
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        cause = getattr(error, "orig", error)
        if not isinstance(cause, sqlite3.Error):
            raise
        raise UsageError(
            f"--where {filters.where!r}: {cause}",
            f"Write one SQL expression over: {', '.join(_COLUMNS)}.",
        ) from error


def _where(statement: sa.Select[Any], expression: str) -> sa.Select[Any]:
    # The line break ends a comment in the expression; a colon is no parameter of ours.
    expression = expression.replace(":", "\\:")
    return sa.select(statement.subquery("record")).where(sa.text(f"({expression}\n)"))


def _records(connection: Connection, rows: Sequence[sa.Row[Any]]) -> Iterator[PhotoRecord]:
    for start in range(0, len(rows), _PATHS_AT_ONCE):
        chunk = rows[start : start + _PATHS_AT_ONCE]
        paths = paths_of(connection, [row.photo_id for row in chunk])
        for row in chunk:
            yield PhotoRecord(paths=tuple(paths.get(row.photo_id, ())), **row._mapping)


def record_select() -> sa.Select[Any]:
    """Return the statement behind a record: a photo and its best scene."""
    sources = {"created_at": scenes.c.created_at}
    columns = []
    for name in _COLUMNS:
        column = sources.get(name)
        if column is None:
            column = photos.c[name] if name in photos.c else scenes.c[name]
        columns.append(column.label(name))
    return sa.select(*columns).select_from(
        photos.outerjoin(scenes, photos.c.scene_id == scenes.c.scene_id)
    )


def selected(connection: Connection, filters: Filters) -> sa.Select[Any]:
    """Return the statement that selects records, but for `where`, `order` and `limit`."""
    dialect = connection.dialect.name
    statement = record_select().where(*_time_and_place(connection, filters))
    for column, value in (
        (photos.c.state, filters.state),
        (photos.c.reason, filters.reason),
        (scenes.c.model, filters.model),
    ):
        if value is not None:
            statement = statement.where(column == value)
    camera = (
        sa.func.coalesce(photos.c.camera_make, "")
        + " "
        + sa.func.coalesce(photos.c.camera_model, "")
    )
    if filters.camera is not None:
        statement = statement.where(camera.icontains(filters.camera, autoescape=True))
    for word in (filters.text or "").split():
        statement = statement.where(
            sa.or_(
                camera.icontains(word, autoescape=True),
                photos.c.lens_model.icontains(word, autoescape=True),
                sa.exists().where(
                    photo_paths.c.photo_id == photos.c.photo_id,
                    photo_paths.c.path.icontains(path_text(word), autoescape=True),
                ),
            )
        )
    if filters.lens is not None:
        statement = statement.where(photos.c.lens_model.icontains(filters.lens, autoescape=True))
    if filters.path is not None:
        statement = statement.where(
            sa.exists().where(
                photo_paths.c.photo_id == photos.c.photo_id,
                matches_glob(photo_paths.c.path, path_text(filters.path), dialect),
            )
        )
    return statement


def _time_and_place(connection: Connection, filters: Filters) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on when and where, so that the narrower one's index is taken."""
    near = filters.near
    if near is None:
        return _taken(photos.c.taken_at, filters)
    # A box that the index serves, then the exact great-circle distance.
    dialect = connection.dialect.name
    exact = distance_expression(
        photos.c.latitude, photos.c.longitude, near.latitude, near.longitude, dialect
    )
    time, box = _taken(photos.c.taken_at, filters), _boxed(photos.c.latitude, near)
    if time and dialect == "sqlite":
        # It does not know how many rows a range holds, and would guess.
        if _count_at_most(connection, time) < _count_at_most(connection, box):
            box = _boxed(_not_by_index(photos.c.latitude), near)
        else:
            time = _taken(_not_by_index(photos.c.taken_at), filters)
    return [*time, *box, exact <= near.radius_km]


def _taken(
    taken_at: sa.ColumnElement[datetime | None], filters: Filters
) -> list[sa.ColumnElement[bool]]:
    after = [] if filters.after is None else [taken_at >= filters.after]
    return after + ([] if filters.before is None else [taken_at < filters.before])


def _boxed(latitude: sa.ColumnElement[float | None], place: Place) -> list[sa.ColumnElement[bool]]:
    reach = place.radius_km / _KM_PER_DEGREE
    return [latitude >= place.latitude - reach, latitude <= place.latitude + reach]


def _not_by_index(column: sa.Column[_T]) -> sa.ColumnElement[_T]:
    """Return the same value in a form for which SQLite takes no index."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def _count_at_most(connection: Connection, conditions: list[sa.ColumnElement[bool]]) -> int:
    few = sa.select(sa.literal(1)).select_from(photos).where(*conditions).limit(_COUNTED).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(few)) or 0


def _ordered(statement: sa.Select[Any], order: str | None) -> sa.Select[Any]:
    name = (order or "taken_at").removeprefix("-")
    if name not in _COLUMNS:
        raise UsageError(f"--order {order}: no such field", f"Fields: {', '.join(_COLUMNS)}.")
    column = statement.selected_columns[name]
    column = column.desc() if (order or "").startswith("-") else column.asc()
    return statement.order_by(column.nulls_last(), statement.selected_columns["photo_id"])


def paths_of(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
    """Return where the files of photos are; those whose files are all gone are left out."""
    rows = connection.execute(
        sa.select(photo_paths.c.photo_id, photo_paths.c.path)
        .where(photo_paths.c.photo_id.in_(ids), photo_paths.c.missing_at.is_(None))
        # A path in the open before one in a hidden folder.
        .order_by(photo_paths.c.skip_reason.is_not(None), photo_paths.c.path)
    )
    paths: dict[str, list[str]] = {}
    for photo_id, path in rows:
        paths.setdefault(photo_id, []).append(path)
    return paths


def parse_place(text: str) -> Place:
    """Read LAT,LON,KM. Raises UsageError."""
    try:
        latitude, longitude, radius = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = radius = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and radius > 0):
        raise UsageError(
            f"--near {text!r} is no place", "Write LAT,LON,KM in degrees, as in 48.8584,2.2945,5."
        )
    return Place(latitude, longitude, radius)


def parse_time(option: str, text: str) -> datetime:
    """Read a year, a month, a day or a time in ISO 8601. Raises UsageError."""
    padded = text
    if re.fullmatch(r"\d{4}", text):
        padded = f"{text}-01-01"
    elif re.fullmatch(r"\d{4}-\d{2}", text):
        padded = f"{text}-01"
    try:
        return datetime.fromisoformat(padded).replace(tzinfo=None)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is no time",
            "Write a year, a month, a day or a time: 2019, 2019-07, 2019-07-14, 2019-07-14T18:30.",
        ) from error
