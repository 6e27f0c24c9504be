"""What a scan is compared with: recorded paths in order, and the state of some photos at a time.

Of a library of a million photos, only those are in memory that are compared just now, and those
that a run has something to do for.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.context_files import read_context_files
from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.path_ranges import is_below
from pipeline.catalog.portable_sql import by_code_point
from pipeline.catalog.query import streamed
from pipeline.catalog.text import path_on_disk
from pipeline.catalog.user_focals import read_user_focals
from schemas.context import METADATA_VERSION
from schemas.outcomes import PHOTO_STAGES
from schemas.path_text import path_text
from schemas.records import ContextFile, FocalSource, MediaType
from schemas.tables import context_files, failures, photo_paths, photos, scenes, user_focals
from schemas.user_focals import UserFocals


class RecordedPath(NamedTuple):
    """A path as it was when the catalog last recorded it."""

    path: str  # as the catalog has it
    size: int
    mtime_ns: int
    skip_reason: str | None
    photo_id: str
    is_missing: bool

    @property
    def disk_path(self) -> str:
        """The path as a scan finds it."""
        return path_on_disk(self.path)


@dataclass(slots=True)
class RecordedPhoto:
    """What the catalog records of a photo that decides whether it is due, or has to be read."""

    state: str
    media_type: str
    width: int | None
    height: int | None
    metadata_version: int | None = None
    reason: str | None = None  # why it failed or is skipped
    is_sphere: bool = False  # a 360° panorama
    scene_focal_px: dict[str, float] = field(default_factory=dict)  # by scene_id
    # The last reason, by model fingerprint.
    failures: dict[str | None, str] = field(default_factory=dict)
    crashes: int = 0  # workers that died of it since it last succeeded
    user_focals: UserFocals = field(default_factory=dict)
    # scene_id -> the focal length that a person had set when the scene was made
    scene_user_focals: dict[str, float] = field(default_factory=dict)
    own_focal_px: float | None = None  # where there are such scenes
    context: frozenset[ContextFile] = frozenset()

    @property
    def has_metadata(self) -> bool:
        """Whether a run has read all of the photo's metadata that is read today."""
        return self.metadata_version == METADATA_VERSION

    @property
    def is_unread(self) -> bool:
        """Whether its file could not be read."""
        return self.media_type == MediaType.UNREAD


class ScanState:
    """The recorded state of photos, read when it is asked for, and kept until it is forgotten.

    What a run records of a photo that was asked for does not change it here.
    """

    def __init__(self, connection: Connection | None) -> None:
        """Without a catalog, nothing is recorded."""
        self._connection = connection
        self._photos: dict[str, RecordedPhoto | None] = {}
        self._tables: dict[str, bool] = {}  # whether a table has rows

    def load(self, photo_ids: Iterable[str]) -> list[str]:
        """Read the photos that are not here; return which of them are recorded."""
        wanted = [one for one in dict.fromkeys(photo_ids) if one not in self._photos]
        found: list[str] = []
        self._photos.update(dict.fromkeys(wanted))
        if self._connection is not None and wanted:
            with _reading(self._connection) as connection:
                for chunk in in_groups(wanted):
                    read = _read_photos(connection, chunk, self._has_rows)
                    self._photos.update(read)
                    found += read
        return found

    def forget(self, photo_ids: Iterable[str]) -> None:
        """Forget photos, which are read again when they are asked for again."""
        for photo_id in photo_ids:
            self._photos.pop(photo_id, None)

    def get(self, photo_id: str) -> RecordedPhoto | None:
        """Return what was recorded of a photo that was loaded; None where it was new."""
        return self._photos.get(photo_id)

    def is_unread(self, photo_id: str) -> bool:
        """Tell whether the file of a photo that was loaded could not be read."""
        photo = self._photos.get(photo_id)
        return photo is not None and photo.is_unread

    def paths_of_root(self, root: str, *, is_folder: bool) -> Iterator[RecordedPath]:
        """Yield the paths below a folder, or the path of a file, in the order of their texts."""
        if self._connection is None:
            return
        path = photo_paths.c.path
        dialect = self._connection.dialect.name
        where = is_below(root, dialect) if is_folder else path == path_text(root)
        order = by_code_point(path, dialect)
        yield from self._paths(sa.select(*_PATH_COLUMNS).where(where).order_by(order))

    def paths_in_folder(self, folder: str) -> Iterator[RecordedPath]:
        """Yield the paths of the files in a folder, without those below its folders."""
        if self._connection is None:
            return
        rest = sa.func.substr(photo_paths.c.path, len(path_text(folder)) + 2)
        where = (
            is_below(folder, self._connection.dialect.name),
            ~rest.contains(os.sep, autoescape=True),
        )
        yield from self._paths(sa.select(*_PATH_COLUMNS).where(*where))

    def paths_of_photos(self, photo_ids: Iterable[str]) -> Iterator[RecordedPath]:
        """Yield the paths of photos, in the order of their texts for each photo."""
        yield from self._paths_among(photo_paths.c.photo_id, photo_ids)

    def paths_named(self, paths: Iterable[str]) -> Iterator[RecordedPath]:
        """Yield the recorded ones of some paths, which are given as a scan finds them."""
        yield from self._paths_among(photo_paths.c.path, map(path_text, paths))

    def copied(self) -> set[str]:
        """Return the photos that have several paths."""
        if self._connection is None:
            return set()
        photo_id = photo_paths.c.photo_id
        query = sa.select(photo_id).group_by(photo_id).having(sa.func.count() > 1)
        with _reading(self._connection) as connection:
            return {*connection.scalars(query)}

    def _paths_among(self, column: sa.Column[Any], values: Iterable[str]) -> Iterator[RecordedPath]:
        if self._connection is not None:
            for chunk in in_groups(values):
                query = sa.select(*_PATH_COLUMNS).where(column.in_(chunk))
                yield from sorted(self._paths(query))

    def _paths(self, query: sa.Select[Any]) -> Iterator[RecordedPath]:
        assert self._connection is not None
        with _reading(self._connection) as connection:
            yield from map(RecordedPath._make, streamed(connection, query))

    def _has_rows(self, table: sa.Table) -> bool:
        assert self._connection is not None
        if table.name not in self._tables:
            query = sa.select(sa.literal(1)).select_from(table).limit(1)
            self._tables[table.name] = self._connection.scalar(query) is not None
        return self._tables[table.name]


_PATH_COLUMNS = (
    photo_paths.c.path,
    photo_paths.c.bytes,
    photo_paths.c.mtime_ns,
    photo_paths.c.skip_reason,
    photo_paths.c.photo_id,
    photo_paths.c.missing_at.is_not(None),
)


def read_recorded_paths(connection: Connection) -> dict[str, RecordedPath]:
    """Return every path of the catalog."""
    with connection.begin():
        return {row[0]: RecordedPath(*row) for row in connection.execute(sa.select(*_PATH_COLUMNS))}


@contextlib.contextmanager
def _reading(connection: Connection) -> Iterator[Connection]:
    """Read in the transaction that is open, or in one of its own."""
    if connection.in_transaction():
        yield connection
    else:
        with connection.begin():
            yield connection


def _read_photos(
    connection: Connection, photo_ids: Collection[str], has_rows: Callable[[sa.Table], bool]
) -> dict[str, RecordedPhoto]:
    columns = (
        *(photos.c.photo_id, photos.c.state, photos.c.media_type, photos.c.width, photos.c.height),
        *(photos.c.metadata_version, photos.c.reason),
        sa.func.coalesce(photos.c.focal_source == FocalSource.SPHERE, sa.false()),
    )
    query = sa.select(*columns).where(photos.c.photo_id.in_(photo_ids))
    found = {row[0]: RecordedPhoto(*row[1:]) for row in connection.execute(query)}
    if found:
        _add_scenes(connection, found)
        if has_rows(failures):
            _add_failures(connection, found)
        if has_rows(user_focals):
            for photo_id, focals in read_user_focals(connection, photo_ids).items():
                found[photo_id].user_focals = focals
        if has_rows(context_files):
            for photo_id, files in read_context_files(connection, photo_ids).items():
                found[photo_id].context = files
    return found


def _add_scenes(connection: Connection, found: Mapping[str, RecordedPhoto]) -> None:
    """Add scenes, and the photo's own focal length where one was made by another that was set."""
    query = sa.select(
        *(scenes.c.photo_id, scenes.c.scene_id, scenes.c.focal_px, scenes.c.user_focal_35mm)
    ).where(scenes.c.photo_id.in_(found))
    by_user = set[str]()
    for photo_id, scene_id, focal_px, user_focal in connection.execute(query):
        photo = found[photo_id]
        photo.scene_focal_px[scene_id] = focal_px
        if user_focal is not None:
            photo.scene_user_focals[scene_id] = user_focal
            by_user.add(photo_id)
    if not by_user:
        return
    own = sa.select(photos.c.photo_id, photos.c.focal_px).where(
        photos.c.photo_id.in_(by_user),
        photos.c.focal_px.is_not(None),
        photos.c.focal_source != FocalSource.USER,
    )
    for photo_id, focal_px in connection.execute(own):
        found[photo_id].own_focal_px = focal_px


def _add_failures(connection: Connection, found: Mapping[str, RecordedPhoto]) -> None:
    """Add the reason of each photo's last failure with each model, and what died of it.

    What failed before the photo's last success is history, and so is what was a matter of the
    moment: both say nothing against trying.
    """
    of_photo = failures.c.photo_id
    having = [*connection.scalars(sa.select(of_photo).where(of_photo.in_(found)).distinct())]
    if not having:
        return
    last = (
        sa.select(of_photo, failures.c.model_fingerprint, failures.c.reason)
        .where(failures.c.is_final, failures.c.stage.in_(PHOTO_STAGES), ~_has_scene_since_failure())
        .where(of_photo.in_(having))
        .order_by(failures.c.failure_id)
    )
    for photo_id, fingerprint, reason in connection.execute(last):
        found[photo_id].failures[fingerprint] = reason
    verdict = failures.alias()
    has_verdict_since = sa.exists().where(
        verdict.c.photo_id == of_photo,
        verdict.c.failure_id > failures.c.failure_id,
        verdict.c.is_final,
    )
    crashes = (
        sa.select(of_photo, sa.func.count())
        .where(of_photo.in_(having))
        .where(~failures.c.is_final, ~_has_scene_since_failure(), ~has_verdict_since)
        .group_by(of_photo)
    )
    for photo_id, count in connection.execute(crashes):
        found[photo_id].crashes = count


def _has_scene_since_failure() -> sa.Exists:
    later = scenes.alias()
    return sa.exists().where(
        later.c.photo_id == failures.c.photo_id, later.c.created_at >= failures.c.created_at
    )
