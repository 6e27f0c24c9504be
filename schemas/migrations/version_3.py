"""To version 3: what people say of photos, names of places, groups of one moment, and scores.

The new columns are empty: the next ingest reads what the photos and the files beside them say, and
makes no scene again.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.migrations.migration import Migration, add_column, add_index

_PHOTO_COLUMNS: tuple[sa.Column[object], ...] = (
    sa.Column("metadata_version", sa.Integer),
    sa.Column("rating", sa.Integer),
    sa.Column("favorite", sa.Boolean),
    sa.Column("picked", sa.Boolean),
    sa.Column("title", sa.String),
    sa.Column("caption", sa.String),
    sa.Column("hidden", sa.Boolean),
    sa.Column("trashed", sa.Boolean),
    sa.Column("place_id", sa.Integer),
    sa.Column("place_source", sa.String),
    sa.Column("edited_of", sa.String),
    sa.Column("burst_id", sa.String),
    sa.Column("exposure_bias_ev", sa.Float),
    sa.Column("thumb_hash", sa.BigInteger),
    sa.Column("sharpness", sa.Float),
    sa.Column("exposure", sa.Float),
    sa.Column("group_id", sa.String(32)),
    sa.Column("group_kind", sa.String),
    sa.Column("group_rank", sa.Integer),
    sa.Column("score", sa.Float),
)
_SCENE_COLUMNS: tuple[sa.Column[object], ...] = (
    sa.Column("score", sa.Float),
    sa.Column("score_parts", sa.String),
    sa.Column("scale_source", sa.String),
)
_WIDER_INDEXES = {  # with the columns that each query asks for now
    "photos_by_time": "taken_at photo_id latitude longitude camera_make camera_model",
    "photos_by_state_and_time": "state taken_at photo_id",
    "photos_by_place": "latitude longitude taken_at camera_make camera_model",
}
_NEW_INDEXES = {
    "photos_by_make": ("camera_make",),
    "photos_by_lens": ("lens_model",),
    "photos_by_rating": ("rating", "hidden", "trashed"),
    "photos_by_favorite": ("favorite", "hidden", "trashed"),
    "photos_by_hidden": ("hidden",),
    "photos_by_trashed": ("trashed",),
    "photos_by_place_name": ("place_id", "hidden", "trashed"),
    "photos_by_group": ("group_id", "group_rank"),
    "photos_by_burst": ("burst_id",),
    "photos_by_score": ("score", "hidden", "trashed"),
}


def _change_tables(connection: Connection) -> None:
    for column in _PHOTO_COLUMNS:
        add_column(connection, "photos", column)
    for column in _SCENE_COLUMNS:
        add_column(connection, "scenes", column)
    for name, columns in _WIDER_INDEXES.items():
        connection.execute(sa.text(f"DROP INDEX {name}"))
        add_index(connection, "photos", name, *columns.split(), "hidden", "trashed")
    for name, new in _NEW_INDEXES.items():
        add_index(connection, "photos", name, *new)
    add_index(connection, "scenes", "scenes_by_scale", "scale_source", "photo_id")
    for table in _new_tables().sorted_tables:
        if table.name not in ("photos", "scenes"):
            table.create(connection)


def _new_tables() -> sa.MetaData:
    """Return the tables of version 3 that version 2 has not, and those that they point to."""
    metadata = sa.MetaData()
    photos = sa.Table("photos", metadata, sa.Column("photo_id", sa.String(32), primary_key=True))
    scenes = sa.Table("scenes", metadata, sa.Column("scene_id", sa.String(32), primary_key=True))
    tags = sa.Table(
        "tags",
        metadata,
        sa.Column("tag_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("folded", sa.String, nullable=False),
        sa.Index("tags_by_name", "kind", "name", unique=True),
    )
    sa.Table(
        "photo_tags",
        metadata,
        sa.Column("tag_id", sa.ForeignKey(tags.c.tag_id), primary_key=True),
        sa.Column("photo_id", sa.ForeignKey(photos.c.photo_id), primary_key=True),
        sa.Index("photo_tags_by_photo", "photo_id"),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "places",
        metadata,
        sa.Column("place_id", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String) for name in ("country", "region", "city", "location")),
        sa.Column("folded", sa.String, nullable=False),
    )
    sa.Table(
        "context_facts",
        metadata,
        sa.Column("photo_id", sa.ForeignKey(photos.c.photo_id), primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("origin", sa.String, primary_key=True),
        sa.Column("facts", sa.String, nullable=False),
        sa.Index("context_facts_by_origin", "origin"),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "context_collections",
        metadata,
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("problem", sa.String),
    )
    for of, key in (("photo", photos.c.photo_id), ("scene", scenes.c.scene_id)):
        sa.Table(
            f"{of}_flags",
            metadata,
            sa.Column("flag", sa.String, primary_key=True),
            sa.Column(key.name, sa.ForeignKey(key), primary_key=True),
            sa.Column("value", sa.Float),
            sa.Index(f"{of}_flags_by_{of}", key.name),
            sqlite_with_rowid=False,
        )
    return metadata


TO_VERSION_3 = Migration("people's context, places, groups and scores", _change_tables)
