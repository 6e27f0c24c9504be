"""Numbers of the photos that filters select: of all, and of those with each value of a column.

Where only what is usual is asked for, most photos are selected. All are counted in an index,
without a look at what each of them is, less the few that are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import selected_photos
from pipeline.catalog.selection import left_out_by_usual
from schemas.tables import photos

Conditioned = Sequence[sa.ColumnElement[bool]]


def count_selected(connection: Connection, filters: Filters, where: Conditioned = ()) -> int:
    """Return how many photos filters select, of those for which `where` holds."""
    every, without = _statements(connection, filters, [sa.func.count()], where)
    count: int = connection.scalar(every) or 0
    return count if without is None else count - (connection.scalar(without) or 0)


def count_scored(connection: Connection, filters: Filters) -> int:
    """Return how many of the photos that filters select have a score."""
    return count_selected(connection, filters, [photos.c.score.is_not(None)])


def count_by(
    connection: Connection, filters: Filters, value: sa.ColumnElement[Any], where: Conditioned = ()
) -> Counter[Any]:
    """Return how many of the photos that filters select have each value of an expression."""
    label = value.label("value")
    every, without = _statements(connection, filters, [label, sa.func.count()], where)
    counts = _counter(connection, every.group_by(label))
    return counts if without is None else counts - _counter(connection, without.group_by(label))


def _statements(
    connection: Connection,
    filters: Filters,
    columns: Sequence[sa.ColumnElement[Any]],
    where: Conditioned,
) -> tuple[sa.Select[Any], sa.Select[Any] | None]:
    """Return what to count, and what is to be taken from that."""
    others = left_out_by_usual(connection, filters, "row")
    if others is None:
        return selected_photos(connection, filters, *columns).where(*where), None
    every = sa.select(*columns).select_from(photos).where(*where)
    row = Conditions(connection.dialect.name).key(photos, "row")
    return every, every.where(row.in_(others))


def _counter(connection: Connection, counted: sa.Select[Any]) -> Counter[Any]:
    return Counter({row[0]: row[1] for row in connection.execute(counted)})
