"""How column types are written in SQLite and PostgreSQL. Imported for its effect by all tables."""

from __future__ import annotations

from sqlalchemy import DateTime, String
from sqlalchemy.ext.compiler import compiles


@compiles(DateTime, "sqlite")
def _time_is_text(*_: object, **__: object) -> str:
    # As DATETIME, a number by SQLite's rules, "taken_at < '2010'" would compare with 2010.
    return "DATETIME_TEXT"


@compiles(String, "postgresql")
def _text_is_bytes(kind: String, *_: object, **__: object) -> str:
    # Sorted and compared as in SQLite, whatever the server's language; and a plain index serves
    # the first letters of a text.
    return f'VARCHAR({kind.length}) COLLATE "C"' if kind.length else 'VARCHAR COLLATE "C"'
