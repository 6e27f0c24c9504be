"""Opens a catalog's database, creates it, and checks that this program can use it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from pipeline.catalog.address import CatalogAddress
from pipeline.catalog.sqlite import has_wal, sqlite_engine
from pipeline.store.disk_errors import no_space_left
from pipeline.store.root import LibraryRoot
from schemas.errors import RESUME_HINT, RunError, StoreError, UsageError
from schemas.table_metadata import metadata
from schemas.tables import CATALOG_VERSION, catalog_info, photos, utc_now

_POSTGRES_DISK_FULL = "53100"


def open_database(
    address: CatalogAddress, *, create: bool = False, read_only: bool = False
) -> Engine:
    """Open the database of the catalog at `address`.

    Raises UsageError if there is none and `create` is not set, StoreError if it is damaged, cannot
    be read, was never finished, or is of another version.
    """
    if address.url is None and not address.file.exists() and not create:
        raise no_library(address.root)
    try:
        engine, version = open_unchecked(address, create=create, read_only=read_only)
    except sa.exc.DatabaseError as error:
        raise unusable(address, error) from error
    if version is None:
        if address.url is not None:
            raise no_library(address.root)
        raise StoreError(
            f"the catalog {address} is not finished: what was making it was stopped",
            "Run 'sharp-batch ingest PHOTOS': it finishes the catalog.",
        )
    check_version(address, version)
    return engine


@contextlib.contextmanager
def read_catalog(address: CatalogAddress) -> Iterator[Connection]:
    """Open the catalog at `address` for reading, beside a run that writes it.

    Raises UsageError and StoreError as `open_database` does.
    """
    engine = open_database(address, read_only=True)
    with contextlib.closing(engine.connect()) as connection, known_errors(address):
        yield connection
    engine.dispose()


def begin_consistent_read(connection: Connection) -> None:
    """Begin a transaction whose reads all see one state of the catalog.

    A run may commit meanwhile. For a new connection that is closed soon: SQLite keeps what is
    written until then in the WAL file.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")  # the driver begins no transaction for SELECT
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")


@contextlib.contextmanager
def known_errors(address: CatalogAddress) -> Iterator[None]:
    """Translate what the catalog's database raises inside into StoreError, or RunError if full."""
    try:
        yield
    except sa.exc.IntegrityError:  # a mistake of this program: its traceback is needed
        raise
    except sa.exc.DatabaseError as error:
        if not is_full(error):
            raise unusable(address, error) from error
        raise RunError(
            no_space_left(f"the disk of the catalog {address}"),
            f"Make room. {RESUME_HINT}",
        ) from error


def has_catalog(address: CatalogAddress) -> bool:
    """Tell whether there is a catalog at `address`. Raises UsageError, StoreError."""
    if address.url is None:
        return address.file.exists()
    try:
        return open_unchecked(address, read_only=True)[1] is not None
    except sa.exc.DatabaseError as error:
        raise unusable(address, error) from error


def unusable(address: CatalogAddress, error: sa.exc.DatabaseError) -> StoreError:
    """Return the error for a catalog whose database failed."""
    if address.url is not None:
        return StoreError(
            f"the catalog {address} cannot be used: {str(error.orig).strip()}",
            "See that the server runs and lets this user in. A password can stand in ~/.pgpass.",
        )
    return StoreError(
        f"the catalog {address} cannot be used: {error.orig}",
        "If the disk is full or read-only, fix that first. A damaged catalog can be moved away: "
        "'sharp-batch catalog import' makes a new one of its snapshot.",
    )


def is_full(error: sa.exc.DatabaseError) -> bool:
    """Tell whether a write failed because the disk is full."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return bool(code & 0xFF == sqlite3.SQLITE_FULL)
    return getattr(error.orig, "sqlstate", None) == _POSTGRES_DISK_FULL


def check_version(address: CatalogAddress, version: int) -> None:
    """Raise StoreError where this program cannot use the catalog's version."""
    check_not_newer(address, version)
    if version < CATALOG_VERSION:
        raise StoreError(
            f"the catalog {address} has version {version}, and this sharp-batch needs version "
            f"{CATALOG_VERSION}",
            "Run 'sharp-batch catalog migrate': it keeps a copy of the old one.",
        )


def check_not_newer(address: CatalogAddress, version: int, newest: int = CATALOG_VERSION) -> None:
    """Raise StoreError where the catalog is newer than version `newest`."""
    if version > newest:
        raise StoreError(
            f"the catalog {address} has version {version}, and this sharp-batch knows versions up "
            f"to {newest}",
            "Update sharp-batch.",
        )


def read_version(connection: Connection) -> int | None:
    """Return the catalog's version, None where there is no catalog."""
    if not sa.inspect(connection).has_table(catalog_info.name):
        return None
    version: int | None = connection.scalar(sa.select(sa.func.max(catalog_info.c.version)))
    return version


def open_unchecked(
    address: CatalogAddress, *, create: bool = False, read_only: bool = False
) -> tuple[Engine, int | None]:
    """Return an engine and the catalog's version, whatever it is; None where it has none."""
    if address.url is not None:
        from pipeline.catalog.postgres import postgres_engine

        engine = postgres_engine(address.url, read_only=read_only)
        return engine, _make_or_check(engine, address, create)
    engine = sqlite_engine(address.file, read_only=read_only)
    try:
        return engine, _make_or_check(engine, address, create)
    except sa.exc.OperationalError:
        if not read_only or has_wal(address.file):
            raise
        # Without write access, as on read-only media, SQLite cannot create the files that readers
        # and a writer share. There is no writer then either, so the file can be read as it is.
        engine = sqlite_engine(address.file, read_only=True, immutable=True)
        return engine, _make_or_check(engine, address, create)


def _make_or_check(engine: Engine, address: CatalogAddress, create: bool) -> int | None:
    """Return the catalog's version, None where it has none; first make what is missing."""
    with engine.begin() as connection:
        if create:
            if address.url is None:
                # The driver begins no transaction for CREATE TABLE: a kill would leave some tables.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            if read_version(connection) is None:
                make_tables(connection)
            elif address.url is not None and not address.is_noted:
                _check_own(connection, address)
        version = read_version(connection)
    if create:
        address.note()
    return version


def make_tables(connection: Connection) -> None:
    """Make the tables of an empty catalog."""
    metadata.create_all(connection)
    connection.execute(catalog_info.insert().values(version=CATALOG_VERSION, created_at=utc_now()))


def _check_own(connection: Connection, address: CatalogAddress) -> None:
    """Raise StoreError where the catalog holds photos, but is not this library's catalog."""
    if connection.scalar(sa.select(photos.c.photo_id).limit(1)) is not None:
        raise StoreError(
            f"{address} is the catalog of another library than {address.root}",
            "Give each library a database of its own. If this library's file catalog.url was lost, "
            "write that address into it.",
        )


def no_library(root: LibraryRoot) -> UsageError:
    """Return the error where there is no library."""
    return UsageError(
        f"{root} holds no library",
        "Make one with 'sharp-batch ingest PHOTOS', or name another with --library "
        "(or in the environment, SHARP_BATCH_LIBRARY).",
    )
