"""Compares the library's files with their rows in the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.photo_files import files_of
from pipeline.maintenance.repairs import in_library
from pipeline.scan.read_file import is_in_place
from pipeline.store.store import Store, measure
from schemas.errors import FormatError, StoreError
from schemas.records import PhotoFile, PhotoState
from schemas.tables import artifacts, photos, scenes
from sharp_core.formats.registry import check_scene

SCENE, THUMB, PHOTO = "scene", "thumb", "photo"  # kinds; other artifacts have their own
SCENES_AT_ONCE = 32
SIZES_AT_ONCE = 500  # where only sizes are compared
_OF_SCENES = tuple(
    scenes.c[name] for name in ("scene_id", "photo_id", "splat_path", "splat_bytes", "splat_sha256")
)
_OF_ARTIFACTS = tuple(
    artifacts.c[name] for name in ("kind", "artifact_id", "photo_id", "path", "bytes", "sha256")
)


class DamageKind(StrEnum):
    """What is wrong with a stored file, or with the catalog's row of a photo."""

    MISSING = "missing"
    SIZE = "size"
    CHECKSUM = "checksum"
    UNREADABLE = "unreadable"
    NO_SCENE = "no_scene"  # the photo's row names a scene that has no row


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A file of the library as the catalog records it; `row_id` is its scene's or artifact's."""

    kind: str
    row_id: str
    photo_id: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Damage:
    """A difference between the catalog and a stored file or row."""

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
    """Return photos whose scene has no row. Raises StoreError if the catalog's file is damaged."""
    if connection.dialect.name == "sqlite":
        answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if answer != "ok":
            raise StoreError(
                f"the catalog is damaged: {answer}",
                "Move it away; 'sharp-batch catalog import' rebuilds it from its snapshot.",
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
    """Return how many scenes will be checked."""
    count = connection.scalar(sa.select(sa.func.count()).select_from(scenes)) or 0
    return count if sample is None else min(sample, count)


def stored_rows(
    connection: Connection, sample: int | None, at_once: int
) -> Iterator[list[StoredRow]]:
    """Yield the files to check, of `at_once` scenes and the files made from them at a time.

    A sample takes the scenes that were checked longest ago, so that repeated samples cover all.
    """
    query = sa.select(*_OF_SCENES)
    if sample is not None:
        oldest = scenes.c.verified_at.asc().nulls_first()
        query = query.order_by(oldest, scenes.c.scene_id).limit(sample)
    rows = connection.execute(query, execution_options={"yield_per": at_once})
    for chunk in rows.partitions():
        # Files made from the scene and, for the scene that its photo shows, from the photo.
        made = (
            sa.select(*_OF_ARTIFACTS)
            .join(photos, artifacts.c.photo_id == photos.c.photo_id)
            .where(
                sa.func.coalesce(artifacts.c.scene_id, photos.c.scene_id).in_(
                    [row.scene_id for row in chunk]
                )
            )
            .where(artifacts.c.photo_id.in_([row.photo_id for row in chunk]))
            .where(in_library(artifacts.c.path))
        )
        yield [
            *(StoredRow(SCENE, *row) for row in chunk),
            *(StoredRow(*row) for row in connection.execute(made)),
        ]


def check_stored_size(size_of: Callable[[str], int], row: StoredRow) -> Damage | None:
    """Return the damage that a stored file's size shows; `size_of` is the store's."""
    return _checked(row, lambda: _size_damage(size_of(row.path), row))


def check_stored_file(store: Store, row: StoredRow) -> Damage | None:
    """Return the damage of a stored file, read whole. Raises RunError as its store does."""

    def read() -> tuple[DamageKind, str] | None:
        with store.open_local(row.path) as path:
            return _file_damage(path, row)

    return _checked(row, read)


def _checked(row: StoredRow, check: Callable[[], tuple[DamageKind, str] | None]) -> Damage | None:
    try:
        found = check()
    except FileNotFoundError:
        found = DamageKind.MISSING, "the file is gone"
    except FormatError as error:
        found = DamageKind.UNREADABLE, str(error)
    except OSError as error:
        found = DamageKind.UNREADABLE, error.strerror or str(error)
    if found is None:
        return None
    return Damage(row.kind, row.row_id, row.photo_id, row.path, *found)


def _size_damage(size: int, row: StoredRow) -> tuple[DamageKind, str] | None:
    if size == row.bytes:
        return None
    return DamageKind.SIZE, f"{size} bytes, expected {row.bytes}"


def _file_damage(path: Path, row: StoredRow) -> tuple[DamageKind, str] | None:
    wrong_size = _size_damage(path.stat().st_size, row)
    if wrong_size is not None:
        return wrong_size
    if measure(path, row.path).sha256 != row.sha256:
        return DamageKind.CHECKSUM, "its bytes are not those that were written"
    if row.kind == SCENE:
        check_scene(path)
    return None


def source_of(connection: Connection, photo_id: str) -> PhotoFile | None:
    """Return the photo's file, if one still exists with the recorded size and time."""
    return next(filter(is_in_place, files_of(connection, photo_id)), None)
