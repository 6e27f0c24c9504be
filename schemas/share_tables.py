"""The catalog's tables of photos that a person shares by a link.

A link holds a random token. The catalog holds its hash alone: who reads the catalog cannot open
the links. They are in no snapshot: an import of one that is older would bring back links that were
revoked since.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, String, Table

import schemas.sql_types  # noqa: F401 - how both databases write the types
from schemas.table_metadata import ABOUT, NOT_IN_SNAPSHOT, SINCE, metadata

shares = Table(
    "shares",
    metadata,
    Column("share_id", String(12), primary_key=True, doc="A name to revoke it by"),
    Column("token_sha256", String(64), nullable=False, unique=True, doc="Hash of the token"),
    Column("title", String, nullable=False, doc="What visitors see above the photos"),
    Column("downloads", Boolean, nullable=False, doc="Whether visitors are offered files"),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, doc="When the link ends; empty for never"),
    info={
        ABOUT: "Links by which others see some photos in the gallery.",
        SINCE: 5,
        NOT_IN_SNAPSHOT: True,
    },
)

share_photos = Table(
    "share_photos",
    metadata,
    Column("share_id", ForeignKey("shares.share_id"), primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Index("share_photos_by_photo", "photo_id"),
    info={ABOUT: "Which photos a link shows.", SINCE: 5, NOT_IN_SNAPSHOT: True},
    sqlite_with_rowid=False,
)
