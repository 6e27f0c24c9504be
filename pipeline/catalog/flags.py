"""Rows of flags: what a photo is, and what its best scene is, as in "screenshot" or "flat"."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from schemas.context_tables import photo_flags, scene_flags
from schemas.tables import photos


def read_flags(connection: Connection, photo_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the flags of photos and of their best scenes, in the order of the alphabet."""
    found: dict[str, set[str]] = {}
    for chunk in in_groups(photo_ids):
        of_photos = sa.select(photo_flags.c.photo_id, photo_flags.c.flag).where(
            photo_flags.c.photo_id.in_(chunk)
        )
        of_scenes = (
            sa.select(photos.c.photo_id, scene_flags.c.flag)
            .join(scene_flags, scene_flags.c.scene_id == photos.c.scene_id)
            .where(photos.c.photo_id.in_(chunk))
        )
        for photo_id, flag in connection.execute(sa.union_all(of_photos, of_scenes)):
            found.setdefault(photo_id, set()).add(flag)
    return {photo_id: sorted(flags) for photo_id, flags in found.items()}
