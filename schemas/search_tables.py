"""The catalog's table of texts to search, and its index in SQLite.

`photo_texts` follows from other tables (`pipeline.catalog.photo_texts`): what is known of a photo,
without case and accents. In SQLite an FTS5 index of trigrams finds words of three letters or more
in the middle of a text; triggers keep it in step. PostgreSQL reads the texts.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, event
from sqlalchemy.schema import DDL

import schemas.sql_types  # noqa: F401 - how both databases write the types
from schemas.table_metadata import ABOUT, NOT_IN_SNAPSHOT, SINCE, metadata

SEARCH_INDEX = "photo_search"  # the FTS5 table; it makes tables of its own with names like it

photo_texts = Table(
    "photo_texts",
    metadata,
    # The row of the index. A rowid without a name could change when the file is compacted.
    Column("text_id", Integer, primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False, unique=True),
    Column("text", String, nullable=False),
    info={
        ABOUT: "What is known of each photo as one text to search in, without case and accents.",
        SINCE: 4,
        NOT_IN_SNAPSHOT: True,  # it follows from the others, and is made again
    },
)

# Without positions (detail=none) the index is half as large. A query compares the texts found.
SQLITE_SEARCH = (
    f"CREATE VIRTUAL TABLE {SEARCH_INDEX} USING fts5(text, content='photo_texts', "
    "content_rowid='text_id', detail=none, columnsize=0, tokenize='trigram case_sensitive 1')",
    f"CREATE TRIGGER photo_texts_inserted AFTER INSERT ON photo_texts BEGIN "
    f"INSERT INTO {SEARCH_INDEX} (rowid, text) VALUES (new.text_id, new.text); END",
    f"CREATE TRIGGER photo_texts_deleted AFTER DELETE ON photo_texts BEGIN "
    f"INSERT INTO {SEARCH_INDEX} ({SEARCH_INDEX}, rowid, text) "
    "VALUES ('delete', old.text_id, old.text); END",
    f"CREATE TRIGGER photo_texts_updated AFTER UPDATE ON photo_texts BEGIN "
    f"INSERT INTO {SEARCH_INDEX} ({SEARCH_INDEX}, rowid, text) "
    "VALUES ('delete', old.text_id, old.text); "
    f"INSERT INTO {SEARCH_INDEX} (rowid, text) VALUES (new.text_id, new.text); END",
)
for _statement in SQLITE_SEARCH:
    _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
    event.listen(photo_texts, "after_create", _ddl.execute_if(dialect="sqlite"))
