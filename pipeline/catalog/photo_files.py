"""The files of a photo that are there: copies of it may lie in several folders."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.text import path_on_disk
from schemas.records import MediaType, PhotoFile
from schemas.tables import photo_paths, photos

# The order of a photo's files: one in the open before one in a hidden folder.
OPEN_FIRST = (photo_paths.c.skip_reason.is_not(None), photo_paths.c.path)


def files_of(connection: Connection, photo_id: str) -> list[PhotoFile]:
    """Return a photo's files as the catalog knows them, without those that are gone."""
    query = (
        sa.select(photo_paths, photos.c.media_type)
        .join(photos)
        .where(photo_paths.c.photo_id == photo_id, photo_paths.c.missing_at.is_(None))
        .order_by(*OPEN_FIRST)
    )
    return [
        PhotoFile(
            photo_id,
            path_on_disk(row.path),
            row.bytes,
            row.mtime_ns,
            MediaType(row.media_type),
        )
        for row in connection.execute(query)
    ]
