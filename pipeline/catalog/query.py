"""Reads the photos that filters select from a catalog. Nothing here writes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import FIELDS_OF_BEST_SCENE
from pipeline.catalog.filters import Filters
from pipeline.catalog.flags import read_flags
from pipeline.catalog.in_lists import MOST_VALUES, in_groups
from pipeline.catalog.photo_files import OPEN_FIRST
from pipeline.catalog.photo_filters import PhotoFilters
from pipeline.catalog.portable_sql import reading_only, register_functions, rows_where
from pipeline.catalog.selection import conditions_by, conditions_for_sums, conditions_of
from pipeline.catalog.tags import label_of, read_tags
from schemas.context import PlaceNames, TagKind
from schemas.context_tables import places
from schemas.errors import UsageError
from schemas.records import RECORD_LISTS, PhotoRecord
from schemas.tables import photo_paths, photos, scenes

_ROWS_AT_ONCE = 5_000
RECORD_FIELDS = tuple(field.name for field in fields(PhotoRecord))
_BY_TIME = (None, "taken_at", "-taken_at")
_COLUMNS = tuple(name for name in RECORD_FIELDS if name not in RECORD_LISTS)
_PLACE_COLUMNS = PlaceNames._fields


def find(connection: Connection, filters: Filters) -> Iterator[PhotoRecord]:
    """Return the photos that `filters` select, by capture time unless they say otherwise.

    They are selected at once, before the first is yielded: their ids, which are held in memory.
    The rest is read some hundreds at a time. Raises UsageError where `where` or `order` do not fit
    the record, or a filter is not text.
    """
    return _records_of(connection, _packed_ids(connection, filters))


def find_photo(connection: Connection, photo_id: str) -> PhotoRecord | None:
    """Return the record of one photo, if the catalog has it."""
    return next(find_by_ids(connection, [photo_id]), None)


def find_photo_ids(connection: Connection, filters: Filters) -> set[str]:
    """Return the ids of the photos that `filters` select. Raises UsageError as `find` does."""
    return {row.photo_id for row in _select(connection, filters, ("photo_id",))}


class FoundScene(NamedTuple):
    """The best scene of a photo that filters select."""

    photo_id: str
    scene_id: str


def find_scenes(connection: Connection, filters: Filters) -> list[FoundScene]:
    """Return the scenes of the photos that `filters` select, in the order of `find`.

    For many of them: nothing else is read of a scene. Raises UsageError as `find` does.
    """
    # A photo may name a scene that has no row: a damage that `verify` repairs.
    rows = _select(connection, filters, (*FoundScene._fields, "splat_path"))
    return [FoundScene(row.photo_id, row.scene_id) for row in rows if row.splat_path is not None]


def stream_scenes(connection: Connection, filters: Filters) -> Iterator[FoundScene]:
    """Return the scenes of the photos that `filters` select in order of photo_id, as a stream.

    With `where` or `limit`, what they select is held in memory. Raises UsageError as `find` does,
    here and not where the stream is read.
    """
    if filters.where is not None or filters.limit is not None:
        return iter(sorted(find_scenes(connection, filters)))
    register_functions(connection)
    _ordered(record_select(), filters.order)  # an unknown field is an error here too
    with _text_errors():
        statement = _only(selected(connection, filters), FoundScene._fields)
        statement = statement.where(photos.c.scene_id.is_not(None)).order_by(photos.c.photo_id)
        rows = streamed(connection, statement)
    return (FoundScene(row.photo_id, row.scene_id) for row in rows)


def _packed_ids(connection: Connection, filters: Filters) -> list[str]:
    """Return the ids of the photos that `filters` select, in order, many in each text.

    A million ids take 33 MB in this way, and 90 MB as strings of their own.
    """
    rows = _select(connection, filters, ("photo_id",))
    return [" ".join(ids) for ids in in_groups(row.photo_id for row in rows)]


def _records_of(connection: Connection, packed: Iterable[str]) -> Iterator[PhotoRecord]:
    for text in packed:
        ids = text.split(" ")
        by_id = {record.photo_id: record for record in find_by_ids(connection, ids)}
        yield from (by_id[one] for one in ids if one in by_id)


def find_by_ids(connection: Connection, photo_ids: Iterable[str]) -> Iterator[PhotoRecord]:
    """Yield the records of these photos, in any order; of those that the catalog has."""
    for chunk in in_groups(photo_ids):
        statement = record_select().where(photos.c.photo_id.in_(chunk))
        yield from _records(connection, connection.execute(statement).all())


def _select(
    connection: Connection, filters: Filters, names: tuple[str, ...]
) -> Iterable[sa.Row[Any]]:
    """Return the rows that filters select, with these columns at least; they are read once."""
    with _text_errors():
        return _rows(connection, filters, names)


@contextlib.contextmanager
def _text_errors() -> Iterator[None]:
    """Raise UsageError where a filter is not text."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{error.object!a} holds bytes that are no UTF-8", "Write the filter as text."
        ) from error


def _rows(
    connection: Connection, filters: Filters, names: tuple[str, ...]
) -> Iterable[sa.Row[Any]]:
    register_functions(connection)
    is_page = filters.limit is not None and filters.where is None and filters.order in _BY_TIME
    statement = selected(connection, filters, is_page=is_page)
    if filters.where is None:
        statement = _ordered(statement, filters.order).limit(filters.limit)
        if filters.limit is not None and filters.limit <= MOST_VALUES and len(names) > 1:
            return _first_rows(connection, statement, names)
        return streamed(connection, _only(statement, names))
    driver = connection.connection.driver_connection
    try:
        if isinstance(driver, sqlite3.Connection):
            statement = _ordered(_where(statement, filters.where), filters.order)
            with reading_only(driver):
                statement = _only(statement, names).limit(filters.limit)
                return connection.execute(statement).all()
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


def streamed(connection: Connection, statement: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
    """Return the rows of a statement, some thousands of them in memory at a time."""
    rows = connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE})
    return (row for chunk in rows.partitions() for row in chunk)


def _first_rows(
    connection: Connection, statement: sa.Select[Any], names: tuple[str, ...]
) -> Sequence[sa.Row[Any]]:
    """Return the few rows of a statement: sorted by their ids alone, and then read in full."""
    ids = connection.scalars(_only(statement, ("photo_id",))).all()
    whole = _only(record_select(), names).where(photos.c.photo_id.in_(ids))
    rows = {row.photo_id: row for row in connection.execute(whole)}
    return [rows[photo_id] for photo_id in ids if photo_id in rows]


def _only(statement: sa.Select[Any], names: tuple[str, ...]) -> sa.Select[Any]:
    columns = [statement.selected_columns[name] for name in names]
    return statement.with_only_columns(*columns, maintain_column_froms=True)


def _where(statement: sa.Select[Any], expression: str) -> sa.Select[Any]:
    # The line break ends a comment in the expression; a colon is not a parameter of ours.
    expression = expression.replace(":", "\\:")
    return sa.select(statement.subquery("record")).where(sa.text(f"({expression}\n)"))


def _records(connection: Connection, rows: Sequence[sa.Row[Any]]) -> Iterator[PhotoRecord]:
    """Yield the records of some hundred rows."""
    ids = [row.photo_id for row in rows]
    paths, flags = paths_of(connection, ids), read_flags(connection, ids)
    tags = read_tags(connection, ids)
    for row in rows:
        tagged = tags.get(row.photo_id, {})
        yield PhotoRecord(
            paths=tuple(paths.get(row.photo_id, ())),
            keywords=tuple(tagged.get(TagKind.KEYWORD, ())),
            people=tuple(tagged.get(TagKind.PERSON, ())),
            albums=tuple(tagged.get(TagKind.ALBUM, ())),
            flags=tuple(flags.get(row.photo_id, ())),
            **row._mapping,
        )


def record_select() -> sa.Select[Any]:
    """Return the statement behind a record: a photo and its best scene."""
    columns = []
    for name in _COLUMNS:
        column: sa.ColumnElement[Any]
        if name in FIELDS_OF_BEST_SCENE:  # a photo without a scene may have them too
            column = sa.func.coalesce(scenes.c[name], photos.c[name])
        elif name == "label":
            column = label_of(photos.c.photo_id)
        elif name in _PLACE_COLUMNS:
            column = places.c[name]
        else:
            column = photos.c[name] if name in photos.c else scenes.c[name]
        columns.append(column.label(name))
    joined = photos.outerjoin(scenes, photos.c.scene_id == scenes.c.scene_id)
    joined = joined.outerjoin(places, photos.c.place_id == places.c.place_id)
    return sa.select(*columns).select_from(joined)


def selected(connection: Connection, filters: Filters, *, is_page: bool = False) -> sa.Select[Any]:
    """Return the statement that selects records, but for `where`, `order` and `limit`.

    `is_page` tells that the first photos by time are wanted, and not all of them.
    """
    return record_select().where(*conditions_of(connection, filters, is_page=is_page))


def selected_photos(
    connection: Connection,
    filters: Filters,
    *columns: sa.ColumnElement[Any],
    most: int | None = None,
) -> sa.Select[Any]:
    """Return the statement that selects columns of photos alone, as for sums over all of them.

    A filter that selects more than `most` photos is not used to find them.
    """
    conditions = conditions_for_sums(connection, filters, most)
    return sa.select(*columns).select_from(photos).where(*conditions)


def select_among(
    connection: Connection, filters: PhotoFilters, photo_ids: Sequence[str]
) -> set[str]:
    """Return which of these photos filters select."""
    register_functions(connection)
    found: set[str] = set()
    with _text_errors():
        conditions = conditions_by(connection, filters, "")
        for chunk in in_groups(photo_ids):
            statement = sa.select(photos.c.photo_id).where(photos.c.photo_id.in_(chunk))
            found.update(connection.scalars(statement.where(*conditions)))
    return found


def _ordered(statement: sa.Select[Any], order: str | None) -> sa.Select[Any]:
    name = (order or "taken_at").removeprefix("-")
    if name not in _COLUMNS:
        raise UsageError(f"--order {order}: no such field", f"Fields: {', '.join(_COLUMNS)}.")
    column = statement.selected_columns[name]
    column = column.desc() if (order or "").startswith("-") else column.asc()
    return statement.order_by(column.nulls_last(), statement.selected_columns["photo_id"])


def paths_of(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
    """Return the paths of photos; a photo without any file left is not in the result."""
    rows = connection.execute(
        sa.select(photo_paths.c.photo_id, photo_paths.c.path)
        .where(photo_paths.c.photo_id.in_(ids), photo_paths.c.missing_at.is_(None))
        .order_by(*OPEN_FIRST)
    )
    paths: dict[str, list[str]] = {}
    for photo_id, path in rows:
        paths.setdefault(photo_id, []).append(path)
    return paths
