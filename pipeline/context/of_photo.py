"""Which source gave each value of a photo's context."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from pipeline.catalog.context_rows import read_said
from pipeline.catalog.user_marks import read_marks
from pipeline.context.merge import merge


def context_sources(connection: Connection, photo_id: str) -> dict[str, list[str]]:
    """Return the sources of the fields that a photo's context has, the most trusted first."""
    said = read_said(connection, [photo_id]).get(photo_id, [])
    marks = read_marks(connection, photo_id)
    sources = merge([*([marks] if marks else []), *(one.facts for one in said)]).sources
    return {name: [source.value for source in by] for name, by in sources.items()}
