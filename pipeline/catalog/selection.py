"""Filters -> conditions on photos, with the index that finds the fewest.

SQLite does not know how many photos a filter selects, and would guess. So some of them are counted,
by each filter that has an index. Where all select many, the photos are read in the order of their
time, which finds the first of them soon.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions, Key
from pipeline.catalog.filters import Filters
from pipeline.catalog.left_out import are_few, left_out
from pipeline.catalog.photo_filters import Filter, PhotoFilters
from schemas.records import PhotoState
from schemas.setting_fields import setting_fields
from schemas.tables import photos

_MANY = 100_000  # more than that are not sorted for a page; what is counted at most

Condition = sa.ColumnElement[bool]


def conditions_of(
    connection: Connection,
    filters: PhotoFilters,
    *,
    is_page: bool,
    most: int = _MANY,
    order: str = "",
) -> list[Condition]:
    """Return what holds for the photos that `filters` select, but for `where`.

    `is_page` tells that the first photos in an order are wanted, and not all of them. Where filters
    select more than `most` photos, they are found by the index of that order then, "" for time.
    """
    index = index_for(connection, filters, most if is_page else None)
    return conditions_by(connection, filters, order if index == "" else index, is_page=is_page)


def conditions_for_sums(
    connection: Connection, filters: Filters, most: int | None = None
) -> list[Condition]:
    """Return what holds for the photos that `filters` select, for sums over all of them.

    Filters that select more than `most` photos are not used to find them.
    """
    index = index_for(connection, filters, most)
    if index != "" or filters.state is not PhotoState.DONE or not are_few(connection):
        return conditions_by(connection, filters, index)
    q = Conditions(connection.dialect.name, index)
    is_shown = q.key(photos, "row").not_in(left_out(q, filters, "row"))
    return [is_shown, *_conditions(q, _without_usual(filters))]


def left_out_by_usual(
    connection: Connection, filters: Filters, key: Key
) -> sa.Select[tuple[str]] | None:
    """Return the keys of the photos that are not selected, where only what is usual is asked for.

    None where filters ask for more, or leave out many.
    """
    is_usual = filters.state is PhotoState.DONE and _without_usual(filters) == Filters()
    if not is_usual or not are_few(connection):
        return None
    return left_out(Conditions(connection.dialect.name, ""), filters, key)


def _without_usual(filters: Filters) -> Filters:
    """Return the filters but for what `left_out` knows."""
    with_depth = False if filters.with_depth is False else None
    return replace(filters, state=None, one_per_group=None, with_depth=with_depth)


def index_for(connection: Connection, filters: PhotoFilters, most: int | None = None) -> str | None:
    """Return the index that finds the photos, "" for none of the filters'.

    None leaves it to the database.
    """
    if connection.dialect.name != "sqlite":
        return None
    return _best_index(connection, _set_filters(filters), most)


def conditions_by(
    connection: Connection, filters: PhotoFilters, index: str | None, *, is_page: bool = False
) -> list[Condition]:
    """Return the same with an index of the caller's choice, "" for none of the filters'."""
    q = Conditions(connection.dialect.name, index, is_page)
    found = _conditions(q, filters)
    for field in setting_fields(type(filters)):
        otherwise = getattr(field.setting, "otherwise", None)
        if otherwise is not None and getattr(filters, field.name) is None:
            found.append(otherwise(q))
    return found


def _conditions(q: Conditions, filters: PhotoFilters) -> list[Condition]:
    return [one.condition(q, value) for one, value in _set_filters(filters) if one.condition]


def _set_filters(filters: PhotoFilters) -> list[tuple[Filter, Any]]:
    return [
        (field.setting, value)
        for field in setting_fields(type(filters))
        if (value := getattr(filters, field.name)) is not None and isinstance(field.setting, Filter)
    ]


def _best_index(
    connection: Connection, set_filters: list[tuple[Filter, Any]], most: int | None
) -> str:
    parts: dict[str, list[Condition]] = {}
    found: dict[str, sa.Select[Any]] = {}
    for one, value in set_filters:
        part = one.indexed_part or one.condition
        if one.index is None or part is None:
            continue
        q = Conditions(connection.dialect.name, one.index)
        parts.setdefault(one.index, []).append(part(q, value))
        if one.members is not None:
            found[one.index] = one.members(q, value)
        else:
            of_photos = sa.select(sa.literal(1)).select_from(photos)
            found[one.index] = of_photos.where(*parts[one.index])
    if len(found) == 1 and most is None:
        return next(iter(found))
    counts = {
        index: _count(connection, statement, most or _MANY) for index, statement in found.items()
    }
    best = min(counts, key=counts.__getitem__, default="")
    return "" if best and most is not None and counts[best] == most else best


def _count(connection: Connection, statement: sa.Select[Any], most: int) -> int:
    few = statement.limit(most).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(few)) or 0
