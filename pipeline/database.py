"""Opening a catalog's database, making it, and checking that this program can use it.

SQLite runs in WAL mode, so others read while a run writes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from schemas.errors import StoreError, UsageError
from schemas.tables import CATALOG_VERSION, catalog_info, metadata, utc_now

CATALOG_FILE = "catalog.sqlite"


def open_database(root: Path, *, create: bool = False, read_only: bool = False) -> Engine:
    """Open the catalog's database of the library at `root`.

    Raises UsageError if there is none and `create` is not set, StoreError if it is damaged, cannot
    be read, was never finished or was written by a newer version.
    """
    path = root / CATALOG_FILE
    if not path.exists() and not create:
        raise UsageError(
            f"{root} holds no library",
            "Make one with 'sharp-batch ingest PHOTOS', or name another with --library "
            "(or in the environment, SHARP_BATCH_LIBRARY).",
        )
    engine = _sqlite_engine(path, read_only)
    try:
        try:
            version = _make_or_check(engine, create)
        except sa.exc.OperationalError:
            if not read_only or _has_wal(path):
                raise
            # Where this user may write nothing, as on read-only media, SQLite cannot make the
            # files that readers and a writer share. No writer has any either: read it as it is.
            engine = _sqlite_engine(path, read_only, immutable=True)
            version = _make_or_check(engine, create)
    except sa.exc.DatabaseError as error:
        raise unusable(path, error) from error
    if version is None:
        raise StoreError(
            f"the catalog {path} is not finished: what was making it was stopped",
            "Run 'sharp-batch ingest PHOTOS': it finishes the catalog.",
        )
    if version > CATALOG_VERSION:
        raise StoreError(
            f"the catalog {path} has version {version}, and this sharp-batch knows versions up to "
            f"{CATALOG_VERSION}",
            "Update sharp-batch.",
        )
    return engine


@contextlib.contextmanager
def read_catalog(root: Path) -> Iterator[Connection]:
    """Open the catalog of the library at `root` for reading, beside a run that writes it.

    Raises UsageError and StoreError as `open_database` does.
    """
    engine = open_database(root, read_only=True)
    with contextlib.closing(engine.connect()) as connection:
        try:
            yield connection
        except sa.exc.DatabaseError as error:
            raise unusable(root / CATALOG_FILE, error) from error
    engine.dispose()


def unusable(path: Path, error: sa.exc.DatabaseError) -> StoreError:
    """Return the error for a catalog on which the database engine gave up."""
    return StoreError(
        f"the catalog {path} cannot be used: {error.orig}",
        "If the disk is full or read-only, mend that first. A damaged catalog can be moved away: "
        "the next ingest makes a new one and finds the photos again.",
    )


def _make_or_check(engine: Engine, create: bool) -> int | None:
    """Return the catalog's version, None where it has none; first make what is missing."""
    with engine.begin() as connection:
        if create:
            # The driver begins no transaction for tables: killed in the middle, some would stay.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if _version(connection) is None:
                metadata.create_all(connection)
                connection.execute(
                    catalog_info.insert().values(version=CATALOG_VERSION, created_at=utc_now())
                )
        return _version(connection)


def _version(connection: Connection) -> int | None:
    if not sa.inspect(connection).has_table(catalog_info.name):
        return None
    version: int | None = connection.scalar(sa.select(sa.func.max(catalog_info.c.version)))
    return version


def _has_wal(path: Path) -> bool:
    """Tell whether rows lie beside the database that are not in it yet."""
    wal = path.with_name(f"{path.name}-wal")
    return wal.exists() and wal.stat().st_size > 0


def _sqlite_engine(path: Path, read_only: bool, *, immutable: bool = False) -> Engine:
    # As an URI with quotes, for the path may hold any character and bytes that are no UTF-8.
    file = f"file:{quote(os.fsencode(path.absolute()))}"
    options = {"uri": "true"} | ({"immutable": "1"} if immutable else {})
    url = sa.URL.create("sqlite", database=file, query=options)
    # NullPool: a catalog holds one connection, and closing it lets the WAL files go.
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
            # In WAL mode this loses nothing when a process dies, and at a power cut at most the
            # last rows, whose photos the next run takes again.
            cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    return engine
