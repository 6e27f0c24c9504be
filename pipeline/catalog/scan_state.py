"""What the catalog knows already: all that a plan needs."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.records import MediaType
from schemas.tables import failures, photo_paths, photos, scenes

PHOTO_STAGES = ("decode", "predict", "encode")  # whose failures a later run does not try again


class RecordedPath(NamedTuple):
    """A path as the catalog knows it."""

    size: int
    mtime_ns: int
    skip_reason: str | None
    photo_id: str
    is_missing: bool
    is_unread: bool


class RecordedPhoto(NamedTuple):
    """A photo as the catalog knows it."""

    state: str
    media_type: str
    width: int | None
    height: int | None


class ScanState(NamedTuple):
    """What the catalog knows that decides whether a photo is due."""

    photos: dict[str, RecordedPhoto]
    scene_ids: set[str]
    failures: dict[tuple[str, str | None], str]  # photo_id, model fingerprint -> last reason
    crashes: dict[str, int]  # photo_id -> workers that died of it, since it was last well


def read_recorded_paths(connection: Connection) -> dict[str, RecordedPath]:
    """Return every path of the catalog."""
    query = sa.select(
        photo_paths.c.path,
        photo_paths.c.bytes,
        photo_paths.c.mtime_ns,
        photo_paths.c.skip_reason,
        photo_paths.c.photo_id,
        photo_paths.c.missing_at.is_not(None),
        photos.c.media_type == MediaType.UNREAD,
    ).join(photos)
    with connection.begin():
        return {row[0]: RecordedPath(*row[1:]) for row in connection.execute(query)}


def read_scan_state(connection: Connection) -> ScanState:
    """Return the state of every photo, every scene's id and every photo's last failures."""
    state = sa.select(
        photos.c.photo_id, photos.c.state, photos.c.media_type, photos.c.width, photos.c.height
    )
    later = scenes.alias()
    # What failed before the photo's last success is history, and so is what was a matter of
    # the moment: both say nothing against trying.
    failed = (
        sa.select(failures.c.photo_id, failures.c.model_fingerprint, failures.c.reason)
        .where(
            failures.c.is_final,
            failures.c.stage.in_(PHOTO_STAGES),
            ~sa.exists().where(
                later.c.photo_id == failures.c.photo_id,
                later.c.created_at >= failures.c.created_at,
            ),
        )
        .order_by(failures.c.failure_id)
    )
    verdict = failures.alias()
    crashed = (
        sa.select(failures.c.photo_id, sa.func.count())
        .where(
            ~failures.c.is_final,
            ~sa.exists().where(
                later.c.photo_id == failures.c.photo_id,
                later.c.created_at >= failures.c.created_at,
            ),
            ~sa.exists().where(
                verdict.c.photo_id == failures.c.photo_id,
                verdict.c.failure_id > failures.c.failure_id,
                verdict.c.is_final,
            ),
        )
        .group_by(failures.c.photo_id)
    )
    with connection.begin():
        return ScanState(
            {row[0]: RecordedPhoto(*row[1:]) for row in connection.execute(state)},
            set(connection.scalars(sa.select(scenes.c.scene_id))),
            {(row[0], row[1]): row[2] for row in connection.execute(failed)},
            {row[0]: row[1] for row in connection.execute(crashed)},
        )
