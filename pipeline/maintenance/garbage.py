"""Finds what a library no longer needs: files without a row, and superseded scenes.

The path alone tells what a file is; foreign files in the library are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.maintenance.repairs import in_library
from pipeline.store.layout import (
    FOLDERS,
    RUNS,
    SNAPSHOT,
    LibraryPath,
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
    for folder in FOLDERS:
        for some in in_groups(store.files(folder)):
            _sort_out(connection, folder, some, garbage)
    return garbage


def _sort_out(
    connection: Connection, folder: str, files: Sequence[StoredPath], garbage: Garbage
) -> None:
    """Find out what some files are; their rows are looked up by a few statements."""
    known = [(file, parse(file.path)) for file in files]
    named = set() if folder in {SNAPSHOT, RUNS} else _named(connection, known)
    for file, what in known:
        if isinstance(what, TemporaryPath):
            garbage.temporaries.append(file)
        elif folder in {SNAPSHOT, RUNS} or file.path in named:
            continue
        elif isinstance(what, ScenePath | ThumbnailPath | PreviewPath):
            garbage.orphans.append(file)
        else:
            garbage.foreign += 1


def _named(connection: Connection, files: Sequence[tuple[StoredPath, LibraryPath]]) -> set[str]:
    """Return those of these paths that a row names. A path tells whose row that is."""
    scene_ids = [what.scene_id for _, what in files if isinstance(what, ScenePath)]
    photo_ids = [what.photo_id for _, what in files if isinstance(what, ThumbnailPath)]
    paths = [file.path for file, _ in files]
    found: set[str] = set()
    for column, key, values in (
        (scenes.c.splat_path, scenes.c.scene_id, scene_ids),
        (photos.c.thumb_path, photos.c.photo_id, photo_ids),
        (artifacts.c.path, artifacts.c.path, paths),
    ):
        if values:
            found.update(connection.scalars(sa.select(column).where(key.in_(values))))
    return found


def _superseded(connection: Connection) -> list[Superseded]:
    made = (
        sa.select(sa.func.sum(artifacts.c.bytes))
        .where(artifacts.c.scene_id == scenes.c.scene_id, in_library(artifacts.c.path))
        .correlate(scenes)
        .scalar_subquery()
    )
    query = (
        sa.select(
            *(scenes.c.scene_id, scenes.c.splat_path),
            scenes.c.splat_bytes + sa.func.coalesce(made, 0),
        )
        .join(photos, scenes.c.photo_id == photos.c.photo_id)
        # Scenes of a model that cannot be ranked now, as of a package that fails to load, stay.
        .where(photos.c.scene_id != scenes.c.scene_id, scenes.c.model.in_(MODELS.known_names))
        .order_by(scenes.c.scene_id)
    )
    return [Superseded(row[0], row[1], int(row[2])) for row in connection.execute(query)]
