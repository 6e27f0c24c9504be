"""Writes the results of a scan to the catalog: new, changed, skipped and missing files.

Each function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from schemas.context_tables import context_facts, photo_flags, photo_tags
from schemas.path_text import path_text
from schemas.reasons import SkipReason
from schemas.records import PhotoFile, PhotoState
from schemas.search_tables import photo_texts
from schemas.share_tables import share_photos
from schemas.tables import (
    context_files,
    failures,
    photo_paths,
    photos,
    user_focals,
    user_marks,
    utc_now,
)

_TABLES_OF_PHOTOS = (
    *(context_facts, photo_flags, photo_tags, photo_texts, share_photos),
    *(failures, context_files, user_focals, user_marks, photo_paths, photos),
)
_PATH_SKIPS = (SkipReason.HIDDEN, SkipReason.EXCLUDED)  # reasons given by the path alone


def add_found(
    connection: Connection, found: Sequence[tuple[PhotoFile, SkipReason | None]]
) -> set[str]:
    """Record new and changed files, and their photos if those are new.

    Returns the ids of the photos whose paths are others now.
    """
    _insert_new_photos(connection, found)
    # A photo first found in a hidden folder, and now in another one, is due.
    for chunk in in_groups([file.photo_id for file, skip in found if skip is None]):
        _set_due(connection, photos.c.photo_id.in_(chunk))
    renamed: set[str] = set()  # photos that lose a path
    for chunk in in_groups([path_text(file.path) for file, _ in found]):
        of_path = photo_paths.c.path.in_(chunk)
        renamed.update(connection.scalars(sa.select(photo_paths.c.photo_id).where(of_path)))
        connection.execute(photo_paths.delete().where(of_path))
    connection.execute(
        photo_paths.insert(),
        [
            {
                "path": path_text(file.path),
                "photo_id": file.photo_id,
                "bytes": file.size,
                "mtime_ns": file.mtime_ns,
                "skip_reason": skip,
                "missing_at": None,
            }
            for file, skip in found
        ],
    )
    return renamed | {file.photo_id for file, _ in found}


def set_skips(connection: Connection, changed: Iterable[tuple[str, SkipReason | None]]) -> None:
    """Record paths of recorded photos that are skipped now, or no longer."""
    for path, skip in changed:
        connection.execute(
            photo_paths.update().where(photo_paths.c.path == path).values(skip_reason=skip)
        )
        if skip is None:
            photo_id = sa.select(photo_paths.c.photo_id).where(photo_paths.c.path == path)
            _set_due(connection, photos.c.photo_id == photo_id.scalar_subquery())


def set_missing(connection: Connection, gone: list[str]) -> None:
    """Record paths whose files have disappeared; one that was missing before keeps its time."""
    _set_missing_at(connection, gone, photo_paths.c.missing_at.is_(None), utc_now())


def set_back(connection: Connection, back: list[str]) -> None:
    """Record paths whose files are there again."""
    _set_missing_at(connection, back, photo_paths.c.missing_at.is_not(None), None)


def forget_missing_photos(connection: Connection) -> None:
    """Forget photos without a scene whose files are all gone or changed."""
    missing = sa.select(photos.c.photo_id).where(photos.c.scene_id.is_(None), ~_has_path())
    for chunk in in_groups(list(connection.scalars(missing))):
        for table in _TABLES_OF_PHOTOS:
            connection.execute(table.delete().where(table.c.photo_id.in_(chunk)))


def skip_photos_of_skipped_files(connection: Connection) -> None:
    """Skip photos without a scene whose files are all skipped, with the reason of one of them."""
    reason = (
        sa.select(photo_paths.c.skip_reason)
        .where(photo_paths.c.photo_id == photos.c.photo_id)
        .limit(1)
        .scalar_subquery()
    )
    has_open_path = _has_path().where(photo_paths.c.skip_reason.is_(None))
    connection.execute(
        photos.update()
        .where(photos.c.scene_id.is_(None), ~has_open_path)
        .values(state=PhotoState.SKIPPED, reason=reason, message=None)
    )


def _insert_new_photos(
    connection: Connection, found: Sequence[tuple[PhotoFile, SkipReason | None]]
) -> None:
    """Insert the photos that are not recorded yet; of several copies, the first counts."""
    now = utc_now()
    rows: dict[str, dict[str, Any]] = {
        file.photo_id: {
            "photo_id": file.photo_id,
            "state": PhotoState.SKIPPED if skip else PhotoState.DUE,
            "reason": skip,
            "media_type": file.media_type,
            "bytes": file.size,
            "found_at": now,
        }
        for file, skip in reversed(found)
    }
    there: set[str] = set()
    for chunk in in_groups(list(rows)):
        recorded = sa.select(photos.c.photo_id).where(photos.c.photo_id.in_(chunk))
        there.update(connection.scalars(recorded))
    new = [row for photo_id, row in rows.items() if photo_id not in there]
    if new:
        connection.execute(photos.insert(), new)


def _set_due(connection: Connection, which: sa.ColumnElement[bool]) -> None:
    """Set photos to due that were skipped for their path."""
    connection.execute(
        photos.update()
        .where(which, photos.c.reason.in_(_PATH_SKIPS))
        .values(state=PhotoState.DUE, reason=None)
    )


def _set_missing_at(
    connection: Connection, paths: list[str], which: sa.ColumnElement[bool], when: datetime | None
) -> None:
    for chunk in in_groups(paths):
        connection.execute(
            photo_paths.update().where(photo_paths.c.path.in_(chunk), which).values(missing_at=when)
        )


def _has_path() -> sa.Exists:
    """Return the condition that a photo has a file that is there."""
    return sa.exists().where(
        photo_paths.c.photo_id == photos.c.photo_id, photo_paths.c.missing_at.is_(None)
    )
