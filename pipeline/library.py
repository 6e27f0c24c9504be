"""A library as every command sees it: its files, its catalog, and the lock over both.

A command resolves its library once and hands the one object on. That is where an object store is
asked for the catalog's address, so that it is asked once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection, Engine

from pipeline.catalog import database
from pipeline.catalog.address import CatalogAddress, find_catalog
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from schemas.records import StoredFile

if TYPE_CHECKING:  # commands that only read start without what writes and locks
    from pipeline.catalog.lock import Holder
    from pipeline.catalog.writer import CatalogWriter


class Library:
    """The library at `root`. Nothing is opened, and nothing has to exist, until it is asked for.

    Errors of the database inside `read`, `write` and `hold` are raised as StoreError (damaged,
    unreachable, too new, of an older version) or RunError (disk full).
    """

    def __init__(self, address: CatalogAddress) -> None:
        self.root: LibraryRoot = address.root
        self.store = Store(address.root)
        self.catalog_address = address  # of the catalog
        self._is_held_for_runs = False

    @classmethod
    def resolve(cls, root: LibraryRoot, catalog_url: str | None = None) -> Library:
        """Return the library at `root`; `catalog_url` overrides the address that it remembers.

        Raises UsageError for an address that cannot be a catalog's, RunError where an object store
        cannot be reached.
        """
        return cls(find_catalog(root, catalog_url))

    def __str__(self) -> str:
        return str(self.root)

    def has_catalog(self) -> bool:
        """Tell whether there is a catalog. Raises UsageError, StoreError."""
        return database.has_catalog(self.catalog_address)

    def check_exists(self) -> None:
        """Raise UsageError where there is no library, StoreError where its catalog is unusable."""
        with self.read():
            pass

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Open the catalog for reading, beside a run that writes it.

        Raises UsageError where there is none, and StoreError.
        """
        with database.read_catalog(self.catalog_address) as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, *, create: bool = False) -> Iterator[CatalogWriter]:
        """Open the catalog for writing; the caller holds the library.

        `create` makes one where there is none. Raises UsageError, StoreError, RunError.
        """
        from pipeline.catalog.writer import CatalogWriter

        with (
            database.known_errors(self.catalog_address),
            CatalogWriter(database.open_database(self.catalog_address, create=create)) as writer,
        ):
            yield writer

    def open_database(self) -> Engine:
        """Open the catalog for many short reads, as a server does. Raises UsageError, StoreError.

        Errors of its connections are the caller's to translate, by `known_errors`.
        """
        return database.open_database(self.catalog_address, read_only=True)

    @contextlib.contextmanager
    def note(self) -> Iterator[Connection]:
        """Open one short transaction beside a run, for rows that no run writes.

        Raises UsageError, StoreError, RunError.
        """
        with database.known_errors(self.catalog_address):
            engine = database.open_database(self.catalog_address)
            with engine.begin() as connection:
                yield connection
            engine.dispose()

    def known_errors(self) -> contextlib.AbstractContextManager[None]:
        """Translate what the catalog's database raises inside into errors for people."""
        return database.known_errors(self.catalog_address)

    @contextlib.contextmanager
    def hold(self, command: str, *, for_runs: bool = False) -> Iterator[Holder | None]:
        """Hold the library, so that nobody else writes to it.

        Yields the dead run that this one takes over from, if there is one. With `for_runs`, runs
        inside that are given this object may hold it too. Raises LibraryBusyError at once where
        another run holds it.
        """
        if self._is_held_for_runs:
            with self.known_errors():
                yield None
            return
        from pipeline.catalog import lock

        with lock.hold(self.catalog_address, command) as dead, self.known_errors():
            self._is_held_for_runs = for_runs
            try:
                yield dead
            finally:
                self._is_held_for_runs = False

    def write_snapshot(self, writer: CatalogWriter) -> list[StoredFile]:
        """Write the catalog's Parquet files. Raises PhotoError (disk full), RunError."""
        from pipeline.catalog.snapshot import write_snapshot  # pyarrow takes a third of a second

        with contextlib.closing(writer.engine.connect()) as reader:
            return write_snapshot(reader, self.store)

    def network_warning(self) -> str | None:
        """Return what to say of a catalog in SQLite on a network file system."""
        from pipeline.catalog.network_disk import network_warning

        return network_warning(self.catalog_address)
