"""Where a library's catalog is: a SQLite file in the library's folder, or a PostgreSQL database.

A library in an object store has its catalog in PostgreSQL: SQLite needs a disk.

A library whose catalog is in PostgreSQL says so in its file `catalog.url`, without the password, so
that every command finds it. An address on the command line overrides it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from pipeline.store.layout import CATALOG_FILE, URL_FILE
from pipeline.store.root import LibraryRoot, RemoteRoot
from pipeline.store.store import Store
from schemas.errors import UsageError

_DRIVER = "postgresql+psycopg"


@dataclass(frozen=True)  # without slots: `is_noted` is remembered
class CatalogAddress:
    """The catalog of the library at `root`; `url` is of PostgreSQL, None means SQLite there."""

    root: LibraryRoot
    url: sa.URL | None = None
    is_from_note: bool = field(default=False, compare=False)  # from the library's `catalog.url`

    @property
    def file(self) -> Path:
        """The SQLite file."""
        assert isinstance(self.root, Path)
        return self.root / CATALOG_FILE

    def __str__(self) -> str:
        return str(self.file) if self.url is None else self.url.render_as_string(hide_password=True)

    @property
    def given(self) -> str | None:
        """The address as `find_catalog` takes it, with its password: for a process of our own."""
        return None if self.url is None else self.url.render_as_string(hide_password=False)

    @functools.cached_property
    def is_noted(self) -> bool:
        """Whether the library names a PostgreSQL catalog as its own; asked of its store once."""
        return self.is_from_note or Store(self.root).exists(URL_FILE)

    def note(self) -> None:
        """Have the library remember its PostgreSQL catalog. Raises PhotoError, RunError."""
        if self.url is None or self.is_from_note:
            return
        text = self.url._replace(password=None).render_as_string().encode() + b"\n"
        Store(self.root).write(URL_FILE, lambda file: file.write(text))
        self.__dict__["is_noted"] = True  # what was remembered before


def find_catalog(root: LibraryRoot, given: str | None = None) -> CatalogAddress:
    """Return where the catalog of the library at `root` is, or is to be made.

    `given` is what the user has written, as in postgresql+psycopg://user@host/database; without it,
    the library's file `catalog.url` counts, and else it is SQLite. Raises UsageError for any other
    address, and where there is none and SQLite cannot be used; RunError where an object store
    cannot be reached.
    """
    if given:
        return CatalogAddress(root, _parsed(given))
    try:
        text = Store(root).read_bytes(URL_FILE).decode().strip()
    except (FileNotFoundError, NotADirectoryError):
        if isinstance(root, RemoteRoot):
            raise _no_catalog(root) from None
        return CatalogAddress(root)
    return CatalogAddress(root, _parsed(text), is_from_note=True)


def holds_password(given: str) -> bool:
    """Tell whether an address as in `find_catalog` holds a password. Raises UsageError."""
    url = _parsed(given)
    return url.password is not None or any(name.endswith("password") for name in url.query)


def _no_catalog(root: RemoteRoot) -> UsageError:
    return UsageError(
        f"{root} names no catalog: that of a library in an object store is in PostgreSQL",
        f"Name it once, as in --catalog {_DRIVER}://USER@HOST/DATABASE, and the library remembers "
        "it.",
    )


def _parsed(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in {"postgresql", _DRIVER}:
        raise UsageError(
            "--catalog is not the address of a PostgreSQL database",  # it may hold a password
            f"Write it as {_DRIVER}://USER@HOST/DATABASE, or omit it: the catalog is then a "
            "SQLite file in the library.",
        )
    if "password" in url.query:  # another way to write it: it is hidden like the other
        url = url.set(password=str(url.query["password"])).difference_update_query(["password"])
    return url.set(drivername=_DRIVER)
