"""Rows of places: the names of where photos were taken, each combination once."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.folding import folded
from schemas.context import NOWHERE, PlaceNames
from schemas.context_tables import places
from schemas.tables import photos

_COLUMNS = tuple(places.c[name] for name in PlaceNames._fields)


def place_ids(connection: Connection, wanted: Iterable[PlaceNames]) -> dict[PlaceNames, int | None]:
    """Return the numbers of places; those that are new are inserted. NOWHERE has none.

    A part of the caller's transaction.
    """
    found: dict[PlaceNames, int | None] = {NOWHERE: None}
    for names in dict.fromkeys(wanted):
        if names not in found:
            same = (column.is_not_distinct_from(value) for column, value in _pairs(names))
            known = connection.scalar(sa.select(places.c.place_id).where(*same))
            found[names] = known or _insert(connection, names)
    return found


def forget_unused_places(connection: Connection) -> None:
    """Delete places where no photo was taken any more."""
    is_used = sa.exists().where(photos.c.place_id == places.c.place_id)
    connection.execute(places.delete().where(~is_used))


def _pairs(names: PlaceNames) -> Iterable[tuple[sa.Column[str], str | None]]:
    return zip(_COLUMNS, names, strict=True)


def _insert(connection: Connection, names: PlaceNames) -> int:
    place_id = (connection.scalar(sa.select(sa.func.max(places.c.place_id))) or 0) + 1
    # A "/" in a name would be another level.
    levels = [name.replace("/", " ") for name in reversed(names) if name]
    connection.execute(
        places.insert().values(
            place_id=place_id, folded=folded("/".join(levels)), **names._asdict()
        )
    )
    return place_id
