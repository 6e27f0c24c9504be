"""The recorded state that a scan is compared with: all that a plan needs to read of a catalog."""

from __future__ import annotations

from collections.abc import KeysView
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.collection_rows import RecordedCollection, read_collections
from pipeline.catalog.context_files import read_context_files
from pipeline.catalog.user_focals import read_user_focals
from schemas.context import METADATA_VERSION
from schemas.outcomes import PHOTO_STAGES
from schemas.records import ContextFile, FocalSource, MediaType
from schemas.tables import failures, photo_paths, photos, scenes
from schemas.user_focals import UserFocals


class RecordedPath(NamedTuple):
    """A path as it was when the catalog last recorded it."""

    size: int
    mtime_ns: int
    skip_reason: str | None
    photo_id: str
    is_missing: bool
    is_unread: bool


class RecordedPhoto(NamedTuple):
    """A photo as it was when the catalog last recorded it."""

    state: str
    media_type: str
    width: int | None
    height: int | None
    metadata_version: int | None = None
    reason: str | None = None  # why it failed or is skipped
    is_sphere: bool = False  # a 360° panorama


@dataclass(slots=True)
class ScanState:
    """What the catalog records that decides whether a photo is due, and what was read of it."""

    photos: dict[str, RecordedPhoto] = field(default_factory=dict)
    scene_focal_px: dict[str, float] = field(default_factory=dict)  # by scene_id
    # photo_id, model fingerprint -> reason of the last failure
    failures: dict[tuple[str, str | None], str] = field(default_factory=dict)
    # photo_id -> workers that died of it since it last succeeded
    crashes: dict[str, int] = field(default_factory=dict)
    user_focals: dict[str, UserFocals] = field(default_factory=dict)
    # photo_id -> scene_id -> the focal length that a person had set when the scene was made
    scene_user_focals: dict[str, dict[str, float]] = field(default_factory=dict)
    own_focal_px: dict[str, float] = field(default_factory=dict)  # of photos with such scenes
    context: dict[str, frozenset[ContextFile]] = field(default_factory=dict)
    collections: dict[str, RecordedCollection] = field(default_factory=dict)  # by path

    @property
    def scene_ids(self) -> KeysView[str]:
        """The ids of all scenes."""
        return self.scene_focal_px.keys()

    def has_metadata(self, photo_id: str) -> bool:
        """Tell whether a run has read all of the photo's metadata that is read today."""
        recorded = self.photos.get(photo_id)
        return recorded is not None and recorded.metadata_version == METADATA_VERSION


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
    """Return the state of every photo, with its scenes, last failures and context files."""
    state = sa.select(
        *(photos.c.photo_id, photos.c.state, photos.c.media_type, photos.c.width, photos.c.height),
        *(photos.c.metadata_version, photos.c.reason),
        sa.func.coalesce(photos.c.focal_source == FocalSource.SPHERE, sa.false()),
    )
    made = sa.select(scenes.c.scene_id, scenes.c.focal_px)
    with connection.begin():
        return ScanState(
            photos={row[0]: RecordedPhoto(*row[1:]) for row in connection.execute(state)},
            scene_focal_px={row[0]: row[1] for row in connection.execute(made)},
            failures=_read_failures(connection),
            crashes=_read_crashes(connection),
            user_focals=read_user_focals(connection),
            scene_user_focals=_read_scene_user_focals(connection),
            own_focal_px=_read_own_focals(connection),
            context=read_context_files(connection),
            collections=read_collections(connection),
        )


def _read_scene_user_focals(connection: Connection) -> dict[str, dict[str, float]]:
    query = sa.select(scenes.c.photo_id, scenes.c.scene_id, scenes.c.user_focal_35mm)
    focals: dict[str, dict[str, float]] = {}
    for row in connection.execute(query.where(scenes.c.user_focal_35mm.is_not(None))):
        focals.setdefault(row.photo_id, {})[row.scene_id] = row.user_focal_35mm
    return focals


def _read_own_focals(connection: Connection) -> dict[str, float]:
    """Return what photos say of themselves that have scenes by a focal length that was set."""
    made = sa.select(scenes.c.photo_id).where(scenes.c.user_focal_35mm.is_not(None))
    query = sa.select(photos.c.photo_id, photos.c.focal_px).where(
        photos.c.photo_id.in_(made),
        photos.c.focal_px.is_not(None),
        photos.c.focal_source != FocalSource.USER,
    )
    return {row.photo_id: row.focal_px for row in connection.execute(query)}


def _read_failures(connection: Connection) -> dict[tuple[str, str | None], str]:
    """Return the reason of each photo's last failure with each model.

    What failed before the photo's last success is history, and so is what was a matter of the
    moment: both say nothing against trying.
    """
    query = (
        sa.select(failures.c.photo_id, failures.c.model_fingerprint, failures.c.reason)
        .where(failures.c.is_final, failures.c.stage.in_(PHOTO_STAGES), ~_has_scene_since_failure())
        .order_by(failures.c.failure_id)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _read_crashes(connection: Connection) -> dict[str, int]:
    """Count the workers that died of each photo since it last succeeded or finally failed."""
    verdict = failures.alias()
    has_verdict_since = sa.exists().where(
        verdict.c.photo_id == failures.c.photo_id,
        verdict.c.failure_id > failures.c.failure_id,
        verdict.c.is_final,
    )
    query = (
        sa.select(failures.c.photo_id, sa.func.count())
        .where(~failures.c.is_final, ~_has_scene_since_failure(), ~has_verdict_since)
        .group_by(failures.c.photo_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _has_scene_since_failure() -> sa.Exists:
    later = scenes.alias()
    return sa.exists().where(
        later.c.photo_id == failures.c.photo_id, later.c.created_at >= failures.c.created_at
    )
