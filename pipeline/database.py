"""Opening a catalog's database, making it, and checking that this program can use it.

SQLite runs in WAL mode, so others read while a run writes.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from schemas.errors import StoreError, UsageError
from schemas.tables import CATALOG_VERSION, catalog_info, metadata, utc_now

CATALOG_FILE = "catalog.sqlite"


def open_database(root: Path, *, create: bool = False, read_only: bool = False) -> Engine:
    """Open the catalog's database of the library at `root`.

    Raises UsageError if there is none and `create` is not set, StoreError if it is damaged, cannot
    be read or was written by a newer version.
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
        with engine.begin() as connection:
            if create and not sa.inspect(connection).has_table(catalog_info.name):
                metadata.create_all(connection)
                connection.execute(
                    catalog_info.insert().values(version=CATALOG_VERSION, created_at=utc_now())
                )
            version = connection.scalar(sa.select(sa.func.max(catalog_info.c.version)))
    except sa.exc.DatabaseError as error:
        raise unusable(path, error) from error
    if version is None or version > CATALOG_VERSION:
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


def _sqlite_engine(path: Path, read_only: bool) -> Engine:
    # NullPool: a catalog holds one connection, and closing it lets the WAL files go.
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)

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
