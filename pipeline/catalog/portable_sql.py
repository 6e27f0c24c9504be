"""SQL that differs between SQLite and PostgreSQL: globs, distances, a user's expression."""

from __future__ import annotations

import contextlib
import json
import math
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
_REGISTERED = "sharp_batch_functions"  # of a connection's `info`
_GLOB_PART = re.compile(r"\*|\?|\[\^?\]?[^\]]*\]|\[|[^*?\[]+")


def matches_glob(
    column: sa.ColumnElement[str], pattern: str, dialect: str
) -> sa.ColumnElement[bool]:
    """Return the condition that a text matches a glob: * ? [abc] [^abc], with SQLite's meaning."""
    if dialect == "sqlite":
        return column.op("GLOB", is_comparison=True)(pattern)
    parts = _GLOB_PART.findall(pattern)
    if "[" in parts:  # an unclosed set matches nothing
        return sa.false()
    return column.op("~", is_comparison=True)(f"^{''.join(map(_regex, parts))}$")


def listed(values: Sequence[str], dialect: str) -> sa.Select[tuple[str]]:
    """Return texts as a table of one column.

    It is one parameter of a statement, so their number is not limited.
    """
    document = json.dumps(values)
    if dialect == "sqlite":
        rows = sa.func.json_each(document).table_valued("value")
        return sa.select(rows.c.value)
    element = sa.func.json_array_elements_text(
        sa.cast(sa.literal(document, sa.Text), sa.JSON)
    ).column_valued("value")
    return sa.select(element)


def distinct_values(column: sa.Column[Any]) -> sa.CTE:
    """Return the values of a column as a table of one column, `value`, found by its index.

    Both databases would read the whole index; this takes one look for each value.
    """
    first = sa.select(sa.func.min(column).label("value")).cte(f"of_{column.name}", recursive=True)
    larger = sa.select(sa.func.min(column)).where(column > first.c.value).scalar_subquery()
    return first.union_all(sa.select(larger).where(first.c.value.is_not(None)))


def by_code_point(column: sa.ColumnElement[str], dialect: str) -> sa.ColumnElement[str]:
    """Return a text as an expression that compares and sorts by code points, as Python does."""
    # Every index of SQLite does; the collation of a PostgreSQL database is its administrator's.
    return column if dialect == "sqlite" else sa.collate(column, "C")


def _regex(part: str) -> str:
    match part:
        case "*":
            return ".*"
        case "?":
            return "."
        case _ if part.startswith("["):
            # A backslash and a bracket inside a set stand for themselves.
            return "[" + part[1:].replace("\\", r"\\").replace("[", r"\[")
        case _:
            return re.escape(part)


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
        * EARTH_RADIUS_KM
        * math.asin(min(1.0, math.sqrt(half_height + math.cos(a) * math.cos(b) * half_width)))
    )


def distance_expression(
    latitude: sa.ColumnElement[Any],
    longitude: sa.ColumnElement[Any],
    to_latitude: float,
    to_longitude: float,
    dialect: str,
) -> sa.ColumnElement[float]:
    """Return `distance_km` as SQL; on SQLite, call `register_functions` first."""
    if dialect == "sqlite":
        return sa.func.distance_km(latitude, longitude, to_latitude, to_longitude)
    f = sa.func
    half_height = f.power(f.sin(f.radians(to_latitude - latitude) / 2), 2)
    half_width = f.power(f.sin(f.radians(to_longitude - longitude) / 2), 2)
    cosines = f.cos(f.radians(latitude)) * math.cos(math.radians(to_latitude))
    root = f.least(1.0, f.sqrt(half_height + cosines * half_width))
    distance: sa.ColumnElement[float] = 2 * EARTH_RADIUS_KM * f.asin(root)
    return distance


def register_functions(connection: Connection) -> None:
    """Define in SQLite the functions that queries use."""
    driver = connection.connection.driver_connection
    # Once: SQLite refuses to define a function again while a statement is still being read.
    if isinstance(driver, sqlite3.Connection) and not connection.info.get(_REGISTERED):
        connection.info[_REGISTERED] = True
        driver.create_function("distance_km", 4, distance_km, deterministic=True)


def rows_where(
    expression: str, columns: Sequence[sa.ColumnElement[Any]], rows: Sequence[sa.Row[Any]]
) -> list[sa.Row[Any]]:
    """Return the rows for which a user's expression is true, evaluated by SQLite in memory.

    So an expression has the same meaning for every database, and cannot damage one. Raises
    sqlite3.Error if the expression is invalid.
    """
    kinds = ", ".join(
        f"{column.name} {column.type.compile(dialect=sqlite.dialect())}" for column in columns
    )
    question = f"SELECT rowid FROM record WHERE ({expression}\n)"  # the line break ends a comment
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute(f"CREATE TABLE record ({kinds})")
        with reading_only(memory) as used:
            memory.execute(question)
        names = sorted({column.name for column in columns} & used) or [columns[0].name]
        places = ", ".join("?" for _ in names)
        memory.executemany(
            f"INSERT INTO record ({', '.join(names)}) VALUES ({places})",
            ([_value(row._mapping[name]) for name in names] for row in rows),
        )
        with reading_only(memory):
            numbers = [number for (number,) in memory.execute(question)]
    return [rows[number - 1] for number in numbers if 0 < number <= len(rows)]


def _value(value: object) -> object:
    # The format in which SQLAlchemy stores times in SQLite.
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    return value


@contextlib.contextmanager
def reading_only(driver: sqlite3.Connection) -> Iterator[set[str]]:
    """Let SQLite read tables only; yields the names of the columns that it reads."""
    used: set[str] = set()

    def authorize(
        action: int, first: str | None, second: str | None, _database: str | None, _by: str | None
    ) -> int:
        if action == sqlite3.SQLITE_READ and second is not None:
            used.add(second)
        if action == sqlite3.SQLITE_FUNCTION and second == "load_extension":
            return sqlite3.SQLITE_DENY
        allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
        return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY

    driver.set_authorizer(authorize)
    try:
        yield used
    finally:
        driver.set_authorizer(None)
