"""Rows of collections: databases of many photos, in the state in which they were last read."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.text import clean_text
from schemas.context import ContextSource
from schemas.context_tables import context_collections as table
from schemas.path_text import path_text


class RecordedCollection(NamedTuple):
    """A collection as it was when it was last read."""

    size: int
    mtime_ns: int
    problem: str | None = None  # why it could not be read


def read_collections(connection: Connection) -> dict[str, RecordedCollection]:
    """Return the recorded collections by their paths, as the catalog writes them."""
    query = sa.select(table.c.path, table.c.bytes, table.c.mtime_ns, table.c.problem)
    return {row[0]: RecordedCollection(*row[1:]) for row in connection.execute(query)}


def record_collection(
    connection: Connection, path: str, source: ContextSource, state: RecordedCollection
) -> None:
    """Record that a collection was read. A part of the caller's transaction."""
    forget_collection(connection, path_text(path))
    connection.execute(
        table.insert().values(
            path=path_text(path),
            source=source,
            bytes=state.size,
            mtime_ns=state.mtime_ns,
            problem=clean_text(state.problem),
        )
    )


def forget_collection(connection: Connection, path: str) -> None:
    """Forget a collection by its path, as the catalog writes it. A part of a transaction."""
    connection.execute(table.delete().where(table.c.path == path))
