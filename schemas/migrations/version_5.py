"""To version 5: links by which others see some photos."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.migrations.migration import Migration


def _change_tables(connection: Connection) -> None:
    metadata = sa.MetaData()
    photos = sa.Table("photos", metadata, sa.Column("photo_id", sa.String(32), primary_key=True))
    shares = sa.Table(
        "shares",
        metadata,
        sa.Column("share_id", sa.String(12), primary_key=True),
        sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("downloads", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
    )
    share_photos = sa.Table(
        "share_photos",
        metadata,
        sa.Column("share_id", sa.ForeignKey(shares.c.share_id), primary_key=True),
        sa.Column("photo_id", sa.ForeignKey(photos.c.photo_id), primary_key=True),
        sa.Index("share_photos_by_photo", "photo_id"),
        sqlite_with_rowid=False,
    )
    for table in (shares, share_photos):
        table.create(connection)


TO_VERSION_5 = Migration("links by which others see some photos", _change_tables)
