"""What a person has said of photos in the gallery.

The gallery writes while a run may hold the library: each function touches rows of these photos
alone, in the caller's short transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from schemas.context import ContextFacts, ContextSource
from schemas.tables import photos, user_marks, utc_now


def set_favorite(connection: Connection, photo_ids: Sequence[str], favorite: bool) -> int:
    """Record that photos are favorites, or are not; returns how many the catalog has."""
    number = 0
    for chunk in in_groups(dict.fromkeys(photo_ids)):
        query = sa.select(photos.c.photo_id).where(photos.c.photo_id.in_(chunk))
        known = connection.scalars(query).all()
        connection.execute(user_marks.delete().where(user_marks.c.photo_id.in_(known)))
        if known:
            rows = [
                {"photo_id": photo_id, "favorite": favorite, "set_at": utc_now()}
                for photo_id in known
            ]
            connection.execute(user_marks.insert(), rows)
        apply_marks(connection, known)
        number += len(known)
    return number


def apply_marks(connection: Connection, photo_ids: Iterable[str]) -> None:
    """Let what a person has said count before what the photos' other sources say."""
    marked = (
        sa.select(user_marks.c.favorite)
        .where(user_marks.c.photo_id == photos.c.photo_id)
        .scalar_subquery()
    )
    for chunk in in_groups(photo_ids):
        query = sa.select(user_marks.c.photo_id).where(user_marks.c.photo_id.in_(chunk))
        if known := connection.scalars(query).all():
            which = photos.c.photo_id.in_(known)
            connection.execute(photos.update().where(which).values(favorite=marked))


def read_marks(connection: Connection, photo_id: str) -> ContextFacts | None:
    """Return what a person has said of a photo as facts of a source."""
    query = sa.select(user_marks.c.favorite).where(user_marks.c.photo_id == photo_id)
    favorite = connection.scalar(query)
    return (
        None if favorite is None else ContextFacts(source=ContextSource.GALLERY, favorite=favorite)
    )
