"""Compares what the catalog says of the library's files with the files themselves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.text import path_bytes
from pipeline.maintenance.repairs import in_library
from pipeline.store.store import Store, measure
from schemas.errors import FormatError, StoreError
from schemas.records import MediaType, PhotoFile, PhotoState
from schemas.tables import artifacts, photo_paths, photos, scenes
from sharp_core.formats.registry import check_scene

SCENE, THUMB, PHOTO = "scene", "thumb", "photo"  # kinds; other artifacts have their own
_SCENES_AT_ONCE = 32


class DamageKind(StrEnum):
    """What is wrong with a stored file, or with the catalog's row of a photo."""

    MISSING = "missing"
    SIZE = "size"
    CHECKSUM = "checksum"
    UNREADABLE = "unreadable"
    NO_SCENE = "no_scene"  # the photo is said to have a scene that the catalog does not know


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A file of the library as the catalog knows it; `row_id` is its scene's or artifact's."""

    kind: str
    row_id: str
    photo_id: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as the catalog says."""

    kind: str
    row_id: str
    photo_id: str
    path: str | None
    problem: DamageKind
    message: str

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def check_catalog(connection: Connection) -> list[Damage]:
    """Return photos whose scene the catalog does not know. Raises StoreError for a broken file."""
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if said != "ok":
            raise StoreError(
                f"the catalog is damaged: {said}",
                "Move it away; 'sharp-batch catalog import' makes a new one of its snapshot.",
            )
    lost = (
        sa.select(photos.c.photo_id, photos.c.scene_id)
        .outerjoin(scenes, photos.c.scene_id == scenes.c.scene_id)
        .where(
            sa.or_(photos.c.state == PhotoState.DONE, photos.c.scene_id.is_not(None)),
            scenes.c.scene_id.is_(None),
        )
    )
    return [
        Damage(PHOTO, row.photo_id, row.photo_id, None, DamageKind.NO_SCENE, "its scene has no row")
        for row in connection.execute(lost)
    ]


def count_scenes(connection: Connection, sample: int | None) -> int:
    """Return how many scenes will be looked at."""
    count = connection.scalar(sa.select(sa.func.count()).select_from(scenes)) or 0
    return count if sample is None else min(sample, count)


def stored_rows(connection: Connection, sample: int | None) -> Iterator[list[StoredRow]]:
    """Yield the files to check, some scenes and what was made of them at a time.

    A sample takes the scenes whose last check is the longest ago, so that small ones go round.
    """
    query = sa.select(scenes).order_by(scenes.c.verified_at.asc().nulls_first(), scenes.c.scene_id)
    rows = connection.execute(query.limit(sample), execution_options={"yield_per": _SCENES_AT_ONCE})
    while chunk := list(islice(rows, _SCENES_AT_ONCE)):
        found = [
            StoredRow(
                SCENE, row.scene_id, row.photo_id, row.splat_path, row.splat_bytes, row.splat_sha256
            )
            for row in chunk
        ]
        # What was made of the scene; and of its photo, for the scene that the photo shows.
        ids = [row.scene_id for row in chunk]
        made = (
            sa.select(artifacts)
            .join(photos, artifacts.c.photo_id == photos.c.photo_id)
            .where(sa.func.coalesce(artifacts.c.scene_id, photos.c.scene_id).in_(ids))
            .where(artifacts.c.photo_id.in_([row.photo_id for row in chunk]))
            .where(in_library(artifacts.c.path))
        )
        found += [
            StoredRow(row.kind, row.artifact_id, row.photo_id, row.path, row.bytes, row.sha256)
            for row in connection.execute(made)
        ]
        yield found


def check_size(size_of: Callable[[str], int], row: StoredRow) -> Damage | None:
    """Return what is wrong with a stored file by its size alone; `size_of` is the store's."""
    return _checked(row, lambda: _look_at_size(size_of(row.path), row))


def check_stored_file(store: Store, row: StoredRow) -> Damage | None:
    """Return what is wrong with a stored file. Raises RunError as its store does."""

    def look() -> tuple[DamageKind, str] | None:
        with store.open_local(row.path) as path:
            return _look_at(path, row)

    return _checked(row, look)


def _checked(row: StoredRow, look: Callable[[], tuple[DamageKind, str] | None]) -> Damage | None:
    try:
        found = look()
    except FileNotFoundError:
        found = DamageKind.MISSING, "the file is gone"
    except FormatError as error:
        found = DamageKind.UNREADABLE, str(error)
    except OSError as error:
        found = DamageKind.UNREADABLE, error.strerror or str(error)
    if found is None:
        return None
    return Damage(row.kind, row.row_id, row.photo_id, row.path, *found)


def _look_at_size(size: int, row: StoredRow) -> tuple[DamageKind, str] | None:
    if size == row.bytes:
        return None
    return DamageKind.SIZE, f"{size} bytes, expected {row.bytes}"


def _look_at(path: Path, row: StoredRow) -> tuple[DamageKind, str] | None:
    wrong_size = _look_at_size(path.stat().st_size, row)
    if wrong_size is not None:
        return wrong_size
    if measure(path, row.path).sha256 != row.sha256:
        return DamageKind.CHECKSUM, "its bytes are not those that were written"
    if row.kind == SCENE:
        check_scene(path)
    return None


def source_of(connection: Connection, photo_id: str) -> PhotoFile | None:
    """Return the photo's file, where one is still there and seems unchanged."""
    query = (
        sa.select(photo_paths, photos.c.media_type)
        .join(photos)
        .where(photo_paths.c.photo_id == photo_id, photo_paths.c.missing_at.is_(None))
        .order_by(photo_paths.c.skip_reason.is_not(None), photo_paths.c.path)
    )
    for row in connection.execute(query).all():
        path = os.fsdecode(path_bytes(row.path))
        with contextlib.suppress(OSError):
            stat = Path(path).stat()
            if (stat.st_size, stat.st_mtime_ns) != (row.bytes, row.mtime_ns):
                continue
            return PhotoFile(photo_id, path, row.bytes, row.mtime_ns, MediaType(row.media_type))
    return None
