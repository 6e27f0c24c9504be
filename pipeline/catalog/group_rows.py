"""Rows of groups: photos that may show one moment, their pictures' fingerprints, their groups.

Each function that writes is a part of the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.photo_filters import PhotoFilters
from pipeline.catalog.portable_sql import register_functions
from pipeline.catalog.selection import conditions_by
from schemas.groups import Fingerprint, GroupCandidate, PhotoGroup
from schemas.records import PhotoState
from schemas.tables import photo_paths, photos

_SIGN = 1 << 63  # databases store 64 bits as a signed number
_UNUSABLE = (PhotoState.FAILED, PhotoState.SKIPPED)


def read_candidates(
    connection: Connection, photo_ids: Collection[str], within: timedelta
) -> list[GroupCandidate]:
    """Return what grouping needs to know of photos, and of all to whose groups they may belong.

    These are photos that their camera took `within` this time before or after, frames of the same
    burst, and the members of the groups of all of them.
    """
    ids = {*photo_ids}
    while True:
        rows = list(_rows(connection, ids))
        related = {*_of_groups(connection, rows), *_of_bursts(connection, rows)}
        related |= {
            *_around(connection, (row for row in rows if row.photo_id in photo_ids), within)
        }
        if related <= ids:
            return [_candidate(row) for row in rows]
        ids |= related


def record_fingerprints(connection: Connection, found: Mapping[str, Fingerprint]) -> None:
    """Record the fingerprints of photos."""
    for photo_id, print_ in found.items():
        connection.execute(
            photos.update()
            .where(photos.c.photo_id == photo_id)
            .values(
                thumb_hash=print_.gradients - 2 * (print_.gradients & _SIGN),
                sharpness=print_.sharpness,
                exposure=print_.exposure,
            )
        )


def record_groups(
    connection: Connection, candidates: Iterable[str], groups: Sequence[PhotoGroup]
) -> None:
    """Record the groups of `candidates`; those of them that are in none have none any more."""
    grouped = {photo_id for group in groups for photo_id in group.photo_ids}
    for chunk in in_groups(photo_id for photo_id in candidates if photo_id not in grouped):
        connection.execute(
            photos.update()
            .where(photos.c.photo_id.in_(chunk), photos.c.group_id.is_not(None))
            .values(group_id=None, group_kind=None, group_rank=None)
        )
    for group in groups:
        for rank, photo_id in enumerate(group.photo_ids):
            connection.execute(
                photos.update()
                .where(photos.c.photo_id == photo_id)
                .values(group_id=group.group_id, group_kind=group.kind, group_rank=rank)
            )


def represented(
    connection: Connection, photo_ids: Collection[str], filters: PhotoFilters
) -> set[str]:
    """Return those of the photos for which another one of their group stands.

    That is one with a scene, for a photo without; else one of a better rank that a run with these
    filters can make: they select it, its file is there, and it has not failed.
    """
    one = photos.alias()  # conditions of filters are on the other one
    has_scene, other_has = one.c.scene_id.is_not(None), photos.c.scene_id.is_not(None)
    comes_first = sa.and_(
        other_has == has_scene,
        photos.c.group_rank < one.c.group_rank,
        photos.c.state.not_in(_UNUSABLE),
        _a_path().is_not(None),
        *conditions_by(connection, filters, ""),
    )
    other = sa.exists().where(
        photos.c.group_id == one.c.group_id,
        photos.c.photo_id != one.c.photo_id,
        sa.or_(sa.and_(other_has, sa.not_(has_scene)), comes_first),
    )
    register_functions(connection)
    found: set[str] = set()
    for chunk in in_groups(photo_ids):
        query = sa.select(one.c.photo_id).where(
            one.c.photo_id.in_(chunk), one.c.group_id.is_not(None), other
        )
        found.update(connection.scalars(query))
    return found


def without_scene(connection: Connection, photo_ids: Collection[str]) -> list[str]:
    """Return those of the photos, and of the photos of their moments, that are due or failed.

    Of a moment, the representative comes before the others. Hidden photos and those in the trash
    are left out.
    """
    found: dict[str, None] = {}
    for chunk in in_groups(photo_ids):
        groups = sa.select(photos.c.group_id).where(photos.c.photo_id.in_(chunk))
        is_meant = sa.or_(photos.c.photo_id.in_(chunk), photos.c.group_id.in_(groups))
        query = sa.select(photos.c.photo_id).where(
            is_meant,
            photos.c.state.in_((PhotoState.DUE, PhotoState.FAILED)),
            photos.c.hidden.is_not(True),
            photos.c.trashed.is_not(True),
        )
        ordered = query.order_by(photos.c.group_rank, photos.c.taken_at, photos.c.photo_id)
        found.update(dict.fromkeys(connection.scalars(ordered)))
    return list(found)


def has_groups(connection: Connection) -> bool:
    """Tell whether there are photos of one moment."""
    found = (
        sa.select(photos.c.photo_id).where(photos.c.group_id > "").limit(1)
    )  # of its index alone
    return connection.scalar(found) is not None


def count_made(connection: Connection, group_ids: Collection[str]) -> dict[str, int]:
    """Return how many photos of each group have a scene."""
    counts: dict[str, int] = {}
    for chunk in in_groups(group_ids):
        query = sa.select(photos.c.group_id, sa.func.count()).where(
            photos.c.group_id.in_(chunk), photos.c.scene_id.is_not(None)
        )
        rows = connection.execute(query.group_by(photos.c.group_id))
        counts.update({row[0]: row[1] for row in rows})
    return counts


def read_group(connection: Connection, photo_id: str) -> list[dict[str, object]]:
    """Return the photos of a photo's group, the representative first; none where it has none."""
    of_photo = sa.select(photos.c.group_id).where(photos.c.photo_id == photo_id).scalar_subquery()
    columns = (photos.c.photo_id, photos.c.state, photos.c.thumb_path, _a_path().label("path"))
    query = sa.select(*columns).where(photos.c.group_id == of_photo)
    ordered = query.order_by(photos.c.group_rank, photos.c.photo_id)
    return [dict(row._mapping) for row in connection.execute(ordered)]


def _a_path() -> sa.ScalarSelect[str]:
    """Return the first path of a photo whose file is there and is not skipped."""
    return (
        sa.select(sa.func.min(photo_paths.c.path))
        .where(photo_paths.c.photo_id == photos.c.photo_id)
        .where(photo_paths.c.missing_at.is_(None), photo_paths.c.skip_reason.is_(None))
        .scalar_subquery()
    )


def _rows(connection: Connection, photo_ids: Collection[str]) -> Iterator[sa.Row[tuple[object]]]:
    for chunk in in_groups(photo_ids):
        query = sa.select(photos, _a_path().label("path")).where(photos.c.photo_id.in_(chunk))
        for row in connection.execute(query):
            if row.path is not None:
                yield row


def _of_groups(connection: Connection, rows: Iterable[sa.Row[tuple[object]]]) -> Iterator[str]:
    yield from _with(connection, photos.c.group_id, {row.group_id for row in rows})


def _of_bursts(connection: Connection, rows: Iterable[sa.Row[tuple[object]]]) -> Iterator[str]:
    yield from _with(connection, photos.c.burst_id, {row.burst_id for row in rows})


def _with(
    connection: Connection, column: sa.Column[str], values: Collection[str | None]
) -> Iterator[str]:
    for chunk in in_groups(value for value in values if value):
        yield from connection.scalars(sa.select(photos.c.photo_id).where(column.in_(chunk)))


def _around(
    connection: Connection, rows: Iterable[sa.Row[tuple[object]]], within: timedelta
) -> Iterator[str]:
    times = sorted({row.taken_at for row in rows if row.taken_at is not None})
    for first, last in _spans(times, within):
        query = sa.select(photos.c.photo_id).where(
            photos.c.taken_at.between(first - within, last + within)
        )
        yield from connection.scalars(query)


def _spans(times: Sequence[datetime], within: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first and last of times that follow each other closely."""
    if not times:
        return
    first = times[0]
    for earlier, later in pairwise(times):
        if later - earlier > within:
            yield first, earlier
            first = later
    yield first, times[-1]


def _candidate(row: sa.Row[tuple[object]]) -> GroupCandidate:
    camera = " ".join(part for part in (row.camera_make, row.camera_model) if part)
    return GroupCandidate(
        photo_id=row.photo_id,
        path=row.path,
        media_type=row.media_type,
        bytes=row.bytes,
        taken_at=row.taken_at,
        camera=camera or None,
        rating=row.rating,
        favorite=bool(row.favorite),
        picked=bool(row.picked),
        edited_of=row.edited_of,
        burst_id=row.burst_id,
        exposure_bias=row.exposure_bias_ev,
        fingerprint=_fingerprint(row),
        has_scene=row.scene_id is not None,
        is_unusable=bool(row.hidden or row.trashed)
        or (row.state in _UNUSABLE and row.scene_id is None),
    )


def _fingerprint(row: sa.Row[tuple[object]]) -> Fingerprint | None:
    if row.thumb_hash is None:
        return None
    return Fingerprint(row.thumb_hash % (2 * _SIGN), row.sharpness, row.exposure)
