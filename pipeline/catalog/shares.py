"""Links by which others see some photos: made, found by their tokens, and revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.query import FoundScene
from schemas.records import PhotoState
from schemas.share_tables import share_photos, shares
from schemas.tables import photos, utc_now

MOST_SHARED = 5_000  # photos of one link: its page lists all of them
_TOKEN_BYTES = 24
_COLUMNS = (
    shares.c.share_id,
    shares.c.title,
    shares.c.downloads,
    shares.c.created_at,
    shares.c.expires_at,
)


class Share(NamedTuple):
    """A link, without its token: that is in the link alone."""

    share_id: str
    title: str
    downloads: bool  # whether visitors are offered files
    created_at: datetime  # UTC
    expires_at: datetime | None  # UTC


class ListedShare(NamedTuple):
    """A link in a list, and how many photos it shows now."""

    share: Share
    photos: int
    is_over: bool


def add_share(
    connection: Connection,
    photo_ids: Iterable[str],
    title: str,
    *,
    downloads: bool,
    expires_at: datetime | None,
) -> tuple[Share, str]:
    """Share the photos among these that have a scene; return the link and its token.

    What is shared is fixed now: photos that come later are not.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    share = Share(secrets.token_hex(6), title, downloads, utc_now(), expires_at)
    row = {**share._asdict(), "token_sha256": _hash(token)}
    connection.execute(shares.insert().values(row))
    for chunk in in_groups(dict.fromkeys(photo_ids)):
        query = sa.select(photos.c.photo_id).where(photos.c.photo_id.in_(chunk), _is_shown())
        rows = [
            {"share_id": share.share_id, "photo_id": photo_id}
            for photo_id in connection.scalars(query)
        ]
        if rows:
            connection.execute(share_photos.insert(), rows)
    return share, token


def find_share(connection: Connection, token: str) -> Share | None:
    """Return the link that has this token, unless it has ended or was revoked."""
    query = sa.select(*_COLUMNS).where(
        shares.c.token_sha256 == _hash(token),
        sa.or_(shares.c.expires_at.is_(None), shares.c.expires_at > utc_now()),
    )
    row = connection.execute(query).one_or_none()
    return Share(*row) if row is not None else None


def shared_photo_ids(connection: Connection, share_id: str) -> list[str]:
    """Return the ids of the photos that a link shows; of those that are still to be seen."""
    return list(connection.scalars(_of_share(share_id)))


def find_shared(connection: Connection, share_id: str, photo_id: str) -> FoundScene | None:
    """Return a photo with its scene if a link shows it, and it is still to be seen."""
    query = _of_share(share_id).add_columns(photos.c.scene_id)
    query = query.where(share_photos.c.photo_id == photo_id, photos.c.scene_id.is_not(None))
    row = connection.execute(query).one_or_none()
    return FoundScene(*row) if row is not None else None


def list_shares(connection: Connection) -> list[ListedShare]:
    """Return all links, the newest first, those that have ended too."""
    count = (
        sa.select(sa.func.count())
        .select_from(share_photos.join(photos))
        .where(share_photos.c.share_id == shares.c.share_id, _is_shown())
        .scalar_subquery()
    )
    query = sa.select(*_COLUMNS, count).order_by(shares.c.created_at.desc(), shares.c.share_id)
    now = utc_now()
    return [
        ListedShare(share, number, share.expires_at is not None and share.expires_at <= now)
        for *columns, number in connection.execute(query)
        for share in [Share(*columns)]
    ]


def revoke_shares(connection: Connection, share_ids: Iterable[str]) -> int:
    """End links; return how many of them there were."""
    ended = 0
    for chunk in in_groups(share_ids):
        connection.execute(share_photos.delete().where(share_photos.c.share_id.in_(chunk)))
        ended += connection.execute(shares.delete().where(shares.c.share_id.in_(chunk))).rowcount
    return ended


def _of_share(share_id: str) -> sa.Select[tuple[str]]:
    return (
        sa.select(share_photos.c.photo_id)
        .join(photos, photos.c.photo_id == share_photos.c.photo_id)
        .where(share_photos.c.share_id == share_id, _is_shown())
    )


def _is_shown() -> sa.ColumnElement[bool]:
    """Select photos with a scene that are neither hidden nor in the trash."""
    return sa.and_(
        photos.c.state == PhotoState.DONE,
        photos.c.hidden.is_not(True),
        photos.c.trashed.is_not(True),
    )


def _hash(token: str) -> str:
    # The token is random and long: a fast hash is as good as a slow one.
    return hashlib.sha256(token.encode()).hexdigest()
