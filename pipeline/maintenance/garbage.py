"""Finds what a library no longer needs: files without a row, and superseded scenes.

The path alone tells what a file is; foreign files in the library are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.maintenance.repairs import in_library
from pipeline.store.layout import (
    FOLDERS,
    RUNS,
    SNAPSHOT,
    PreviewPath,
    ScenePath,
    TemporaryPath,
    ThumbnailPath,
    parse,
)
from pipeline.store.local import StoredPath
from pipeline.store.store import Store
from schemas.tables import artifacts, photos, scenes
from sharp_core.models.registry import MODELS


@dataclass(frozen=True, slots=True)
class Superseded:
    """A scene whose photo shows a better one, with the bytes of it and of files made from it."""

    scene_id: str
    path: str
    bytes: int


@dataclass(slots=True)
class Garbage:
    """What can be removed, and how many foreign files are kept."""

    superseded: list[Superseded] = field(default_factory=list)
    orphans: list[StoredPath] = field(default_factory=list)
    temporaries: list[StoredPath] = field(default_factory=list)
    foreign: int = 0


def find_garbage(connection: Connection, store: Store) -> Garbage:
    """Compare the catalog with the library's folders; the caller holds the lock."""
    garbage = Garbage(_superseded(connection))
    named = _named(connection)
    for folder in FOLDERS:
        for file in store.files(folder):
            what = parse(file.path)
            if isinstance(what, TemporaryPath):
                garbage.temporaries.append(file)
            elif folder in {SNAPSHOT, RUNS} or file.path in named:
                continue
            elif isinstance(what, ScenePath | ThumbnailPath | PreviewPath):
                garbage.orphans.append(file)
            else:
                garbage.foreign += 1
    return garbage


def _superseded(connection: Connection) -> list[Superseded]:
    made = (
        sa.select(artifacts.c.scene_id, sa.func.sum(artifacts.c.bytes).label("bytes"))
        .where(artifacts.c.scene_id.is_not(None), in_library(artifacts.c.path))
        .group_by(artifacts.c.scene_id)
        .subquery()
    )
    query = (
        sa.select(
            scenes.c.scene_id,
            scenes.c.splat_path,
            scenes.c.splat_bytes + sa.func.coalesce(made.c.bytes, 0),
        )
        .join(photos, scenes.c.photo_id == photos.c.photo_id)
        .outerjoin(made, scenes.c.scene_id == made.c.scene_id)
        # Scenes of a model that cannot be ranked now, as of a package that fails to load, stay.
        .where(photos.c.scene_id != scenes.c.scene_id, scenes.c.model.in_(MODELS.known_names))
        .order_by(scenes.c.scene_id)
    )
    return [Superseded(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def _named(connection: Connection) -> set[str | None]:
    """Return every path that a row names."""
    columns = (scenes.c.splat_path, artifacts.c.path, photos.c.thumb_path)
    return {path for column in columns for path in connection.scalars(sa.select(column))}
