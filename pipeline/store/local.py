"""A library's files in a folder of this machine, or of a disk that several machines share.

A file appears under its final name whole or not at all: it is written under a temporary name in the
same folder, synced, then renamed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipeline.store.layout import TEMPORARY_PREFIX, temporary_path
from schemas.records import StoredFile

if sys.platform == "darwin":
    import fcntl


class StoredPath(NamedTuple):
    """A file of the library as its folder lists it."""

    path: str  # relative to the library
    bytes: int


class LocalFiles:
    """A folder. Errors are the operating system's own."""

    def __init__(self, root: Path) -> None:
        # Absolute: workers of a cluster have working folders of their own.
        self._root = root.absolute()

    @property
    def disk(self) -> str:
        """What is full on a disk-full error."""
        return f"the disk of {self._root}"

    def address(self, relative: str) -> str:
        """Return the whole path of a file."""
        return str(self._root / relative)

    def make(self) -> None:
        """Make the folder, if it is not there."""
        self._root.mkdir(parents=True, exist_ok=True)

    def write(self, relative: str, write: Callable[[BinaryIO], object]) -> StoredFile:
        """Have `write` fill a file, whole or not at all."""
        final = self._root / relative
        partial = temporary_path(final)
        try:
            stored = fill(partial, relative, write)
            partial.replace(final)
            sync_folder(final.parent)
        finally:
            # It is gone after a rename; after any error or interrupt, nothing half-written stays.
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
        return stored

    @contextlib.contextmanager
    def open_local(self, relative: str) -> Iterator[Path]:
        """Give the path of a file. Whether it is there shows when it is opened."""
        yield self._root / relative

    def read_bytes(self, relative: str) -> bytes:
        """Return what a file holds."""
        return (self._root / relative).read_bytes()

    def size(self, relative: str) -> int:
        """Return a file's size in bytes."""
        return (self._root / relative).stat().st_size

    def sizes(self, *_folders: str) -> Callable[[str], int]:
        """Return a function for the size of a file; each call asks the disk."""
        root = str(self._root)
        return lambda relative: os.stat(f"{root}/{relative}").st_size  # noqa: PTH116 - for a million

    def files(self, folder: str) -> Iterator[StoredPath]:
        """Yield every file below a folder, by folder and name."""
        root = os.path.join(self._root, "")  # noqa: PTH118 - a drive's own ends with a separator
        for parent, folders, names in os.walk(f"{root}{folder}"):
            folders.sort()
            inside = parent[len(root) :].replace(os.sep, "/")
            for name in sorted(names):
                with contextlib.suppress(FileNotFoundError):
                    size = os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - for a million
                    yield StoredPath(f"{inside}/{name}", size)

    def remove(self, relative: str) -> None:
        """Remove a file, if it is there."""
        (self._root / relative).unlink(missing_ok=True)

    def remove_all(self, relatives: Iterable[str]) -> None:
        """Remove files, those that are there."""
        for relative in relatives:
            self.remove(relative)

    def sweep(self, folder: str) -> int:
        """Remove what killed writers left in a folder. Return how many files."""
        swept = 0
        for partial in (self._root / folder).rglob(f"{TEMPORARY_PREFIX}*"):
            partial.unlink(missing_ok=True)
            swept += 1
        return swept

    def free_bytes(self) -> int:
        """Return the free bytes of the disk of the folder, which may not exist yet."""
        there = next(path for path in (self._root, *self._root.parents) if path.exists())
        return shutil.disk_usage(there).free


def fill(
    path: Path, relative: str, write: Callable[[BinaryIO], object], *, to_disk: bool = True
) -> StoredFile:
    """Have `write` fill a new file at `path`; return the record of `relative`.

    `to_disk` syncs the file. On an error the caller removes what is half-written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x+b") as file:
        write(file)
        file.flush()
        if to_disk:
            _sync(file.fileno())
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return StoredFile(relative, size, sha256)


def sync_folder(folder: Path) -> None:
    """Sync a rename to disk, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)


def _sync(descriptor: int) -> None:
    """Wait until a file or folder is on the disk, and not only in the drive's cache."""
    if sys.platform == "darwin":  # fsync(2) there: the drive may hold it back
        with contextlib.suppress(OSError):  # a disk without it, as a share
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
