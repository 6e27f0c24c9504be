"""The catalog's tables of what people and programs say of photos, and of what is found in them.

A photo's merged context is in the columns of `photos` and in `photo_tags`; `context_facts` holds
what each source said, so that a change of one source is merged again without reading the others.

Texts are matched in their folded form (`pipeline.catalog.folding`): without case and accents.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table

import schemas.sql_types  # noqa: F401 - how both databases write the types
from schemas.table_metadata import ABOUT, SINCE, metadata

_SINCE = {SINCE: 3}

# Keywords, persons, albums and colour labels, each name once. The writer numbers them itself, so
# that a snapshot keeps the numbers.
tags = Table(
    "tags",
    metadata,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False, doc="keyword, person, album or label"),
    Column("name", String, nullable=False, doc='Levels of a hierarchy are joined with "/"'),
    Column("folded", String, nullable=False, doc="The name without case and accents, for searches"),
    Index("tags_by_name", "kind", "name", unique=True),
    info={**_SINCE, ABOUT: "Keywords, people, albums and colour labels, each name once."},
)

photo_tags = Table(
    "photo_tags",
    metadata,
    Column("tag_id", ForeignKey("tags.tag_id"), primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Index("photo_tags_by_photo", "photo_id"),
    info={**_SINCE, ABOUT: "Which photo has which tag."},
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
    Column("location", String, doc="A spot in the city"),
    Column(
        "folded", String, nullable=False, doc='The names without case and accents, joined with "/"'
    ),
    info={**_SINCE, ABOUT: "Names of where photos were taken, each combination once."},
)

# What one source said of one photo, where it was last read. `origin` is the path of the file or the
# collection that said it, "" for the photo's own file and its folder.
context_facts = Table(
    "context_facts",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("source", String, primary_key=True, doc="A source of context"),
    Column(
        "origin",
        String,
        primary_key=True,
        doc="Path of what said it; empty for the photo's own file and its folder",
    ),
    Column("facts", String, nullable=False, doc="JSON: the fields that say something"),
    Index("context_facts_by_origin", "origin"),
    info={**_SINCE, ABOUT: "What one source said of one photo, where it was last read."},
    sqlite_with_rowid=False,
)

# Files that say something about many photos, in the state in which they were last read.
context_collections = Table(
    "context_collections",
    metadata,
    Column("path", String, primary_key=True, doc="Absolute path"),
    Column("source", String, nullable=False, doc="A source of context"),
    Column("bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("problem", String, doc="Why it could not be read"),
    info={**_SINCE, ABOUT: "Files that say something about many photos, as they were last read."},
)

# What a photo is, as in "screenshot" or "blurred", and how strongly (0 to 1) if that was measured.
photo_flags = Table(
    "photo_flags",
    metadata,
    Column("flag", String, primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("value", Float, doc="How strongly, 0 to 1, if that was measured"),
    Index("photo_flags_by_photo", "photo_id"),
    info={**_SINCE, ABOUT: "What a photo is, as screenshot or blurred."},
    sqlite_with_rowid=False,
)

# The same of a scene, as in "flat".
scene_flags = Table(
    "scene_flags",
    metadata,
    Column("flag", String, primary_key=True),
    Column("scene_id", ForeignKey("scenes.scene_id"), primary_key=True),
    Column("value", Float, doc="How strongly, 0 to 1, if that was measured"),
    Index("scene_flags_by_scene", "scene_id"),
    info={**_SINCE, ABOUT: "What a scene is, as flat."},
    sqlite_with_rowid=False,
)
