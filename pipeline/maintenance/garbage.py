"""Finds what a library no longer needs: files without a row, scenes that better ones replaced.

A file counts as ours by its folder and its name alone; anything else in the library is foreign,
and stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.maintenance.repairs import in_library
from pipeline.store.local import TEMPORARY_PREFIX, StoredPath
from pipeline.store.store import FOLDERS, Store
from schemas.tables import artifacts, photos, scenes

_OURS = re.compile(
    r"scenes/(?P<s>[0-9a-f]{2})/(?P=s)[0-9a-f]{30}\.[a-z0-9]+"
    r"|thumbs/(?P<t>[0-9a-f]{2})/(?P=t)[0-9a-f]{30}\.webp"
    r"|previews/(?P<p>[0-9a-f]{2})/(?P=p)[0-9a-f]{30}\.[a-z_]+\.[a-z0-9]+"
)
_TEMPORARY = re.compile(rf"(.*/)?{re.escape(TEMPORARY_PREFIX)}[0-9a-f]{{32}}")


@dataclass(frozen=True, slots=True)
class Superseded:
    """A scene whose photo shows a better one, with the bytes of what was made of it."""

    scene_id: str
    path: str
    bytes: int


@dataclass(slots=True)
class Garbage:
    """What can go, and how many foreign files stay."""

    superseded: list[Superseded] = field(default_factory=list)
    orphans: list[StoredPath] = field(default_factory=list)
    temporaries: list[StoredPath] = field(default_factory=list)
    foreign: int = 0


def find_garbage(connection: Connection, store: Store) -> Garbage:
    """Look through the catalog and the library's folders; the caller holds the lock."""
    garbage = Garbage(_superseded(connection))
    named = _named(connection)
    for folder in FOLDERS:
        for file in store.files(folder):
            if _TEMPORARY.fullmatch(file.path):
                garbage.temporaries.append(file)
            elif folder in {"catalog", "runs"} or file.path in named:
                continue
            elif _OURS.fullmatch(file.path):
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
        .where(photos.c.scene_id != scenes.c.scene_id)
        .order_by(scenes.c.scene_id)
    )
    return [Superseded(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def _named(connection: Connection) -> set[str | None]:
    """Return every path that a row names."""
    columns = (scenes.c.splat_path, artifacts.c.path, photos.c.thumb_path)
    return {path for column in columns for path in connection.scalars(sa.select(column))}
