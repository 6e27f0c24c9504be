"""Which values of filters name no photo of the catalog: lines of a list, and folders."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
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


def is_folder_known(connection: Connection, folder: str) -> bool:
    """Tell whether the catalog holds a file below a folder."""
    inside = Conditions(connection.dialect.name).with_file_in(folder)
    return connection.execute(inside.limit(1)).first() is not None
