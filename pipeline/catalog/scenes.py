"""Stored scenes as later stages read them: each with its file and the photo it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.photo_files import OPEN_FIRST
from schemas.records import FocalSource, MediaType, PhotoFile, SceneFile
from schemas.tables import photo_paths, photos, scenes


def scene_files(connection: Connection, scene_ids: Iterable[str]) -> Iterator[SceneFile]:
    """Yield these scenes, in this order; some hundreds are read by one statement."""
    for chunk in in_groups(scene_ids):
        columns = (
            *(scenes.c.scene_id, scenes.c.photo_id, scenes.c.splat_path),
            *(scenes.c.width, scenes.c.height, scenes.c.focal_px, scenes.c.focal_source),
            *(photos.c.bytes, photos.c.media_type),
        )
        statement = sa.select(*columns).join(photos, photos.c.photo_id == scenes.c.photo_id)
        found = connection.execute(statement.where(scenes.c.scene_id.in_(chunk))).all()
        rows = {row.scene_id: row for row in found}
        paths = _first_paths(connection, {row.photo_id for row in found})
        for row in (rows[scene_id] for scene_id in chunk):
            path, mtime_ns = paths.get(row.photo_id, (row.photo_id, 0))
            media_type = MediaType(row.media_type)
            photo = PhotoFile(row.photo_id, path, row.bytes, mtime_ns, media_type)
            is_360 = row.focal_source == FocalSource.SPHERE
            yield SceneFile(
                *(row.scene_id, photo, row.splat_path, row.width, row.height, row.focal_px), is_360
            )


def _first_paths(connection: Connection, photo_ids: Collection[str]) -> dict[str, tuple[str, int]]:
    """Return where photos are, and when their files changed; not of those that are gone."""
    columns = photo_paths.c.photo_id, photo_paths.c.path, photo_paths.c.mtime_ns
    statement = (
        sa.select(*columns)
        .where(photo_paths.c.photo_id.in_(photo_ids), photo_paths.c.missing_at.is_(None))
        .order_by(*OPEN_FIRST)
    )
    paths: dict[str, tuple[str, int]] = {}
    for photo_id, path, mtime_ns in connection.execute(statement):
        paths.setdefault(photo_id, (path, mtime_ns))
    return paths
