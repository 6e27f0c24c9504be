"""The catalog's tables of what people and programs say of photos, and of what is found in them.

A photo's merged context is in the columns of `photos` and in `photo_tags`; `context_facts` holds
what each source said, so that a change of one source is merged again without reading the others.

Texts are matched in their folded form (`pipeline.catalog.folding`): without case and accents.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table

import schemas.sql_types  # noqa: F401 - how both databases write the types
from schemas.table_metadata import SINCE, metadata

_SINCE = {SINCE: 3}

# Keywords, persons, albums and colour labels, each name once. The writer numbers them itself, so
# that a snapshot keeps the numbers.
tags = Table(
    "tags",
    metadata,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),  # TagKind
    Column("name", String, nullable=False),  # levels of a hierarchy are joined with "/"
    Column("folded", String, nullable=False),
    Index("tags_by_name", "kind", "name", unique=True),
    info=_SINCE,
)

photo_tags = Table(
    "photo_tags",
    metadata,
    Column("tag_id", ForeignKey("tags.tag_id"), primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Index("photo_tags_by_photo", "photo_id"),
    info=_SINCE,
    sqlite_with_rowid=False,
)

# Names of where photos were taken, each combination once; `photos.place_id` points here.
places = Table(
    "places",
    metadata,
    Column("place_id", Integer, primary_key=True, autoincrement=False),
    Column("country", String),
    Column("region", String),
    Column("city", String),
    Column("location", String),  # a spot in the city
    Column("folded", String, nullable=False),  # the names, joined with "/"
    info=_SINCE,
)

# What one source said of one photo, where it was last read. `origin` is the path of the file or the
# collection that said it, "" for the photo's own file and its folder.
context_facts = Table(
    "context_facts",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("source", String, primary_key=True),  # ContextSource
    Column("origin", String, primary_key=True),
    Column("facts", String, nullable=False),  # JSON: the fields that say something
    Index("context_facts_by_origin", "origin"),
    info=_SINCE,
    sqlite_with_rowid=False,
)

# Files that say something about many photos, in the state in which they were last read.
context_collections = Table(
    "context_collections",
    metadata,
    Column("path", String, primary_key=True),
    Column("source", String, nullable=False),  # ContextSource
    Column("bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("problem", String),  # why it could not be read, if it could not
    info=_SINCE,
)

# What a photo is, as in "screenshot" or "blurred", and how strongly (0 to 1) if that was measured.
photo_flags = Table(
    "photo_flags",
    metadata,
    Column("flag", String, primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("value", Float),
    Index("photo_flags_by_photo", "photo_id"),
    info=_SINCE,
    sqlite_with_rowid=False,
)

# The same of a scene, as in "flat".
scene_flags = Table(
    "scene_flags",
    metadata,
    Column("flag", String, primary_key=True),
    Column("scene_id", ForeignKey("scenes.scene_id"), primary_key=True),
    Column("value", Float),
    Index("scene_flags_by_scene", "scene_id"),
    info=_SINCE,
    sqlite_with_rowid=False,
)
