"""What a step between two versions of the catalog is, and the words for writing one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import schemas.sql_types  # noqa: F401 - how both databases write the types

Step = Callable[[Connection], None]


def _changes_nothing(_connection: Connection) -> None:
    """Do nothing: for steps that only change tables, or only rows."""


class Migration(NamedTuple):
    """One step to the next version: first the tables, then the rows that follow from older ones.

    Both run in one transaction. `change_rows` also runs alone, on today's tables, where a catalog
    is imported from the snapshot of an older version; so it changes no row twice.
    """

    name: str
    change_tables: Step
    change_rows: Step = _changes_nothing


def add_column(connection: Connection, table: str, column: sa.Column[object]) -> None:
    """Add a column that may be empty to a table."""
    kind = column.type.compile(dialect=connection.dialect)
    connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN {column.name} {kind}"))


def add_index(connection: Connection, table: str, name: str, *columns: str) -> None:
    """Add an index to a table."""
    connection.execute(sa.text(f"CREATE INDEX {name} ON {table} ({', '.join(columns)})"))


def photo_key(metadata: sa.MetaData) -> sa.Column[str]:
    """Return the first column of the key of a new table with facts about photos."""
    photo_id = sa.Column("photo_id", sa.String(32), primary_key=True)
    photos = sa.Table("photos", metadata, photo_id, extend_existing=True)
    return sa.Column("photo_id", sa.ForeignKey(photos.c.photo_id), primary_key=True)
