"""SQLite databases of other programs, read without writing a byte beside them.

SQLite itself would create `-wal` and `-shm` files, or roll back a journal, in the folder of a
database that it opens. So a database that may have changes outside its file is copied first; any
other is opened as immutable, or read-only under SQLite's own locks where it uses a journal.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from schemas.errors import CollectionError

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_FORMAT_AT = 18  # of the write version: 2 where the database uses a write-ahead log
_WAL = 2
_LOCK_SECONDS = 2.0
_SIDE_FILES = ("-wal", "-journal")  # changes that the file itself does not have yet
_TRIES = 3  # to copy while a program writes
_CLOSE = "Close that program; the next run reads it."
_REPAIR = "Repair it with the program that it belongs to."

State = tuple[tuple[int, int], ...]  # size and time of change of each file


@contextmanager
def open_foreign_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open another program's database for reading; nothing is written in its folder.

    Raises CollectionError on opening, and inside the block for errors of SQLite and for values of
    a kind that the block does not expect.
    """
    try:
        header = _read_header(path)
        pending = [path.with_name(path.name + end) for end in _SIDE_FILES]
        if any(_size(file) for file in pending):
            with _copied(path) as copy, _connected(copy, "mode=rw") as connection:
                yield connection
        elif header[_FORMAT_AT] == _WAL:
            before = _state(path)
            with _connected(path, "mode=ro&immutable=1") as connection:
                yield connection
            if _state(path) != before:
                raise _changed()
        else:
            with _connected(path, "mode=ro") as connection:
                yield connection
    except sqlite3.Error as error:
        raise _explained(error) from error
    except OSError as error:
        raise CollectionError(error.strerror or str(error)) from error
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        # SQLite checks no values: a damaged page gives a text for a number, or no text at all.
        raise CollectionError("it is damaged: it holds values of a wrong kind", _REPAIR) from error


def table_columns(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Return the columns of each table, to see which version of a schema this is."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: frozenset(
            column[0]
            for column in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        )
        for (name,) in tables
    }


def need_tables(columns: Mapping[str, frozenset[str]], names: Iterable[str], program: str) -> None:
    """Raise CollectionError where a database lacks one of the tables that are read."""
    for name in names:
        if name not in columns:
            raise CollectionError(
                f"it has no table {name}: it is of an unknown version of {program}"
            )


def _explained(error: sqlite3.Error) -> CollectionError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without what extends it
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CollectionError("another program has locked it", _CLOSE)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CollectionError(f"it is damaged: {error}", _REPAIR)
    return CollectionError(
        f"its tables are not those of a known version: {error}",
        "Report it, with the version of the program that it belongs to.",
    )


def _changed() -> CollectionError:
    return CollectionError("another program wrote to it while it was read", _CLOSE)


def _read_header(path: Path) -> bytes:
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise CollectionError("it is not an SQLite database: it is empty, damaged or encrypted")
    return header


@contextmanager
def _connected(path: Path, options: str) -> Iterator[sqlite3.Connection]:
    uri = f"file:{quote(os.fsencode(path))}?{options}"
    connection = sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA query_only = 1")
        # Texts of old programs may hold bytes that are no UTF-8.
        connection.text_factory = lambda data: data.decode(errors="replace")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        yield connection
    finally:
        connection.close()


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Copy a database with its log or journal to a folder of its own, which is deleted after."""
    with tempfile.TemporaryDirectory(prefix="sharp-batch-") as folder:
        copy = Path(folder) / "database"
        for _ in range(_TRIES):
            before = _state(path)
            shutil.copyfile(path, copy)
            for end in _SIDE_FILES:
                target = copy.with_name(copy.name + end)
                target.unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(path.name + end), target)
            if _state(path) == before:
                break
        else:
            raise _changed()
        yield copy


def _state(path: Path) -> State:
    states = []
    for end in ("", *_SIDE_FILES):
        with suppress(FileNotFoundError):
            stat = os.stat(f"{path}{end}")  # noqa: PTH116 - the name gets an ending
            states.append((stat.st_size, stat.st_mtime_ns))
    return tuple(states)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
