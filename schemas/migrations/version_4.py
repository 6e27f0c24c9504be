"""To version 4: texts to search, favorites of the gallery, and a wider index of photos.

The texts are empty: `pipeline.catalog.migrate` fills them in the same transaction.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.migrations.migration import Migration, add_index

_SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE photo_search USING fts5(text, content='photo_texts', "
    "content_rowid='text_id', detail=none, columnsize=0, tokenize='trigram case_sensitive 1')",
    "CREATE TRIGGER photo_texts_inserted AFTER INSERT ON photo_texts BEGIN "
    "INSERT INTO photo_search (rowid, text) VALUES (new.text_id, new.text); END",
    "CREATE TRIGGER photo_texts_deleted AFTER DELETE ON photo_texts BEGIN "
    "INSERT INTO photo_search (photo_search, rowid, text) "
    "VALUES ('delete', old.text_id, old.text); END",
    "CREATE TRIGGER photo_texts_updated AFTER UPDATE ON photo_texts BEGIN "
    "INSERT INTO photo_search (photo_search, rowid, text) "
    "VALUES ('delete', old.text_id, old.text); "
    "INSERT INTO photo_search (rowid, text) VALUES (new.text_id, new.text); END",
)
# With what else the timeline asks for, so that it reads the index alone.
_WIDER_INDEX = "state taken_at photo_id hidden trashed group_id group_rank scene_id"


def _change_tables(connection: Connection) -> None:
    metadata = sa.MetaData()
    photos = sa.Table("photos", metadata, sa.Column("photo_id", sa.String(32), primary_key=True))
    texts = sa.Table(
        "photo_texts",
        metadata,
        sa.Column("text_id", sa.Integer, primary_key=True),
        sa.Column("photo_id", sa.ForeignKey(photos.c.photo_id), nullable=False, unique=True),
        sa.Column("text", sa.String, nullable=False),
    )
    marks = sa.Table(
        "user_marks",
        metadata,
        sa.Column("photo_id", sa.ForeignKey(photos.c.photo_id), primary_key=True),
        sa.Column("favorite", sa.Boolean, nullable=False),
        sa.Column("set_at", sa.DateTime, nullable=False),
    )
    for table in (texts, marks):
        table.create(connection)
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE_SEARCH:
            connection.exec_driver_sql(statement)
    connection.execute(sa.text("DROP INDEX photos_by_state_and_time"))
    add_index(connection, "photos", "photos_by_state_and_time", *_WIDER_INDEX.split())


TO_VERSION_4 = Migration("texts to search, and favorites of the gallery", _change_tables)
