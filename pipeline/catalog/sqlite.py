"""Catalogs in SQLite: one file, in WAL mode, so that others read while a run writes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Engine


def sqlite_engine(path: Path, *, read_only: bool = False, immutable: bool = False) -> Engine:
    """Return an engine for the SQLite file `path`; `immutable` is for files that nobody writes."""
    # As a quoted URI: the path may hold any character, and bytes that are not UTF-8.
    file = f"file:{quote(os.fsencode(path.absolute()))}"
    options = {"uri": "true"} | ({"immutable": "1"} if immutable else {})
    url = sa.URL.create("sqlite", database=file, query=options)
    # NullPool: closing the one connection of a catalog removes its WAL files.
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA foreign_keys=ON")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute("PRAGMA journal_mode=WAL")
            # Each commit waits for the disk: after a power cut, what a run has told is there.
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA fullfsync=ON")  # on macOS, and not for the drive's cache
        cursor.close()

    return engine


def has_wal(path: Path) -> bool:
    """Tell whether the WAL file holds rows that are not in the database file yet."""
    wal = path.with_name(f"{path.name}-wal")
    return wal.exists() and wal.stat().st_size > 0
