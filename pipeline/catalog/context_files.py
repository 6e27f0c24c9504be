"""What the catalog holds of files beside photos, such as XMP sidecars.

A row is written together with the metadata that was read from the file. So a run that was killed
between the two finds the file changed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.text import path_on_disk
from schemas.path_text import path_text
from schemas.records import ContextFile, ContextKind
from schemas.tables import context_files


def read_context_files(
    connection: Connection, photo_ids: Collection[str]
) -> dict[str, frozenset[ContextFile]]:
    """Return the files that the metadata of some photos was read from."""
    found: dict[str, set[ContextFile]] = {}
    columns = ("photo_id", "path", "kind", "bytes", "mtime_ns")
    query = sa.select(*(context_files.c[name] for name in columns))
    query = query.where(context_files.c.photo_id.in_(photo_ids))
    for photo_id, text, kind, size, mtime_ns in connection.execute(query):
        file = ContextFile(path_on_disk(text), ContextKind(kind), size, mtime_ns)
        found.setdefault(photo_id, set()).add(file)
    return {photo_id: frozenset(files) for photo_id, files in found.items()}


def replace_context_files(
    connection: Connection, of_photos: Mapping[str, Sequence[ContextFile]]
) -> None:
    """Record the files beside photos as those that their metadata was read from."""
    for chunk in in_groups(of_photos):
        connection.execute(context_files.delete().where(context_files.c.photo_id.in_(chunk)))
    rows = [
        {
            "photo_id": photo_id,
            "path": path_text(found.path),
            "kind": found.kind,
            "bytes": found.size,
            "mtime_ns": found.mtime_ns,
        }
        for photo_id, files in of_photos.items()
        for found in files
    ]
    if rows:
        connection.execute(context_files.insert(), rows)
