"""Which lines of a list of photos name no photo of the catalog."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filter_values import PhotoList
from pipeline.catalog.portable_sql import listed
from schemas.tables import photo_paths, photos


def unmatched_lines(connection: Connection, listing: PhotoList) -> list[str]:
    """Return the ids, then the paths, of a list that the catalog does not hold."""
    unmatched = []
    columns = ((photos.c.photo_id, listing.ids), (photo_paths.c.path, listing.paths))
    for column, lines in columns:
        among = column.in_(listed(lines, connection.dialect.name))
        known = set(connection.scalars(sa.select(column).where(among)))
        unmatched += [line for line in lines if line not in known]
    return unmatched
