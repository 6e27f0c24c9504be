"""Questions to a catalog: which photos, what a person's filters select. Nothing here writes."""

from __future__ import annotations

import contextlib
import math
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog import path_text
from schemas.errors import UsageError
from schemas.records import PhotoRecord
from schemas.tables import photo_paths, photos, scenes

_EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
_PATHS_AT_ONCE = 500
MAX_LIMIT = 1_000_000_000  # more photos than anyone has, and a number that every database takes
_KM_PER_DEGREE = _EARTH_RADIUS_KM * math.pi / 180
_ESCAPED_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")
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
    where: str | None = None  # an SQL expression over the record's fields
    order: str | None = None  # a field of the record; '-' before it turns the order round
    limit: int | None = None


def find(connection: Connection, filters: Filters) -> Iterator[PhotoRecord]:
    """Return the photos that `filters` select, by capture time unless they say otherwise.

    They are selected at once, before the first is yielded. Raises UsageError where `where` or
    `order` do not fit the record, or a filter is no text.
    """
    statement = _ordered(_filtered(filters), filters.order).limit(filters.limit)
    register_functions(connection)
    try:
        if filters.where is not None:
            with _reading_only(connection):
                rows = connection.execute(statement).all()
        else:
            rows = connection.execute(statement).all()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{error.object!a} holds bytes that are no UTF-8", "Write the filter as text."
        ) from error
    except sa.exc.DBAPIError as error:
        if filters.where is None:
            raise
        raise UsageError(
            f"--where {filters.where!r}: {error.orig}",
            f"Write one SQL expression over: {', '.join(_COLUMNS)}.",
        ) from error
    return _records(connection, rows)


def _records(connection: Connection, rows: Sequence[sa.Row[Any]]) -> Iterator[PhotoRecord]:
    for start in range(0, len(rows), _PATHS_AT_ONCE):
        chunk = rows[start : start + _PATHS_AT_ONCE]
        paths = _paths_of(connection, [row.photo_id for row in chunk])
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


def _filtered(filters: Filters) -> sa.Select[Any]:
    statement = record_select()
    for column, value in (
        (photos.c.state, filters.state),
        (photos.c.reason, filters.reason),
        (scenes.c.model, filters.model),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.camera is not None:
        name = (
            sa.func.coalesce(photos.c.camera_make, "")
            + " "
            + sa.func.coalesce(photos.c.camera_model, "")
        )
        statement = statement.where(name.icontains(filters.camera, autoescape=True))
    if filters.lens is not None:
        statement = statement.where(photos.c.lens_model.icontains(filters.lens, autoescape=True))
    if filters.after is not None:
        statement = statement.where(photos.c.taken_at >= filters.after)
    if filters.before is not None:
        statement = statement.where(photos.c.taken_at < filters.before)
    if filters.near is not None:
        statement = statement.where(*_near(filters.near))
    if filters.path is not None:
        statement = statement.where(
            sa.exists().where(
                photo_paths.c.photo_id == photos.c.photo_id,
                photo_paths.c.path.op("GLOB")(path_text(filters.path)),
            )
        )
    if filters.where is not None:
        record = statement.subquery("record")
        # The line break ends a comment in the expression; a colon is no parameter of ours.
        expression = filters.where.replace(":", "\\:")
        statement = sa.select(record).where(sa.text(f"({expression}\n)"))
    return statement


def _near(place: Place) -> list[sa.ColumnElement[bool]]:
    # A box that the index serves, then the exact great-circle distance.
    reach = place.radius_km / _KM_PER_DEGREE
    conditions: list[sa.ColumnElement[bool]] = [
        photos.c.latitude.between(place.latitude - reach, place.latitude + reach),
        sa.func.distance_km(photos.c.latitude, photos.c.longitude, place.latitude, place.longitude)
        <= place.radius_km,
    ]
    return conditions


def _ordered(statement: sa.Select[Any], order: str | None) -> sa.Select[Any]:
    name = (order or "taken_at").removeprefix("-")
    if name not in _COLUMNS:
        raise UsageError(f"--order {order}: no such field", f"Fields: {', '.join(_COLUMNS)}.")
    column = statement.selected_columns[name]
    column = column.desc() if (order or "").startswith("-") else column.asc()
    return statement.order_by(column.nulls_last(), statement.selected_columns["photo_id"])


def _paths_of(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
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


def distance_km(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float
) -> float | None:
    """Return the great-circle distance between two places in degrees (haversine formula)."""
    if latitude is None or longitude is None:
        return None
    a, b = math.radians(latitude), math.radians(to_latitude)
    half_height = math.sin((b - a) / 2) ** 2
    half_width = math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    return (
        2
        * _EARTH_RADIUS_KM
        * math.asin(min(1.0, math.sqrt(half_height + math.cos(a) * math.cos(b) * half_width)))
    )


def register_functions(connection: Connection) -> None:
    """Give SQLite the functions that queries use."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.create_function("distance_km", 4, distance_km, deterministic=True)


@contextlib.contextmanager
def _reading_only(connection: Connection) -> Iterator[None]:
    """Have SQLite refuse everything but reading the catalog's tables."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.set_authorizer(_authorize)
    try:
        yield
    finally:
        driver.set_authorizer(None)


def _authorize(
    action: int, first: str | None, second: str | None, database: str | None, source: str | None
) -> int:
    if action == sqlite3.SQLITE_FUNCTION and second == "load_extension":
        return sqlite3.SQLITE_DENY
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def path_bytes(path: str) -> bytes:
    r"""Return the file's name on disk for a path as the catalog holds it.

    The inverse of `path_text`. A file whose name holds a \xNN of its own is told apart by being
    there under that name.
    """
    literal = os.fsencode(path)
    if os.path.lexists(literal):
        return literal
    raw = _ESCAPED_BYTE.sub(lambda match: bytes.fromhex(match[1].decode()), literal)
    return raw if path_text(os.fsdecode(raw)) == path else literal


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
