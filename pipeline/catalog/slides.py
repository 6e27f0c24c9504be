"""The scenes of a slideshow: by date, the best first, or shuffled."""

from __future__ import annotations

import random
import secrets
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import selected_photos
from schemas.tables import photos

# Photos in a row that are shuffled: their ids are hashes, so neighbours have nothing in common.
_SHUFFLED = 500
_ID_BYTES = 16


class SlideOrder(StrEnum):
    """The order of slides."""

    DATE = "date"  # the newest first
    BEST = "best"  # by score
    SHUFFLE = "shuffle"


def read_slides(
    connection: Connection, filters: Filters, order: SlideOrder, skip: int, limit: int
) -> list[str]:
    """Return up to `limit` ids of scenes, after the first `skip` ones.

    Shuffled ones are others each time, and `skip` is ignored.
    """
    statement = selected_photos(connection, filters, photos.c.scene_id)
    statement = statement.where(photos.c.scene_id.is_not(None))
    if order is SlideOrder.SHUFFLE:
        return _shuffled(connection, statement, limit)
    by_date = (photos.c.taken_at.desc().nulls_last(), photos.c.photo_id.desc())
    by_score = (photos.c.score.desc().nulls_last(), photos.c.photo_id)
    statement = statement.order_by(*(by_date if order is SlideOrder.DATE else by_score))
    return list(connection.scalars(statement.offset(skip).limit(limit)))


def _shuffled(connection: Connection, statement: sa.Select[tuple[str]], limit: int) -> list[str]:
    """Return scenes of photos from a random place in the order of ids on, shuffled."""
    start = secrets.token_hex(_ID_BYTES)
    beyond, before = photos.c.photo_id >= start, photos.c.photo_id < start
    found: list[str] = []
    for part in (beyond, before):
        some = statement.where(part).order_by(photos.c.photo_id).limit(_SHUFFLED - len(found))
        found += connection.scalars(some)
    random.shuffle(found)
    return found[:limit]
