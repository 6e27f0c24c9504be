"""The files of a library: scenes, thumbnails and reports, in a folder or an object store.

A file appears under its final name whole or not at all. Its catalog row is written after it, so a
row never names a missing or half-written file.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from pipeline.store.disk_errors import write_error
from pipeline.store.layout import FOLDERS, WRITE_TEST_FOLDER, temporary_path
from pipeline.store.local import LocalFiles, StoredPath
from pipeline.store.root import LibraryRoot, RemoteRoot
from schemas.errors import RunError
from schemas.records import StoredFile

if TYPE_CHECKING:
    from pipeline.store.remote import RemoteFiles


class Store:
    """A library's files. It holds plain values only, and is pickled for workers.

    `relative` is a file's path in the library, with / between its parts. In an object
    store, every method raises RunError where the store is unreachable or refuses.
    """

    def __init__(self, root: LibraryRoot) -> None:
        self._files = _files_at(root)

    def address(self, relative: str) -> str:
        """Return the whole path of a file, or its address, for people."""
        return self._files.address(relative)

    def make(self) -> None:
        """Make the library's folder, if it is not there. Raises RunError."""
        try:
            self._files.make()
        except OSError as error:
            folder = self.address("").rstrip("/")
            raise RunError(f"the library {folder} cannot be made: {error.strerror}") from error

    def write(self, relative: str, write: Callable[[BinaryIO], object]) -> StoredFile:
        """Have `write` fill the file `relative`, whole or not at all, and return its record.

        Raises PhotoError (`disk_full`) where the disk is full, and RunError where nothing can be
        written at all, which is no photo's fault.
        """
        try:
            return self._files.write(relative, write)
        except OSError as error:
            if error.errno is None:  # raised by `write`, and not by the disk
                raise
            raise write_error(error, self.address(relative), self._files.disk) from error

    def open_local(self, relative: str) -> contextlib.AbstractContextManager[Path]:
        """Give a local path under which the file can be read inside.

        Raises FileNotFoundError, here or where the path is opened.
        """
        return self._files.open_local(relative)

    def read_bytes(self, relative: str) -> bytes:
        """Return what a file holds. Raises OSError."""
        return self._files.read_bytes(relative)

    def size(self, relative: str) -> int:
        """Return a file's size in bytes. Raises OSError."""
        return self._files.size(relative)

    def sizes(self, *folders: str) -> Callable[[str], int]:
        """Return a function for the size of files in these folders, like `size`.

        For many files: an object store is asked once for each folder.
        """
        return self._files.sizes(*folders)

    def exists(self, relative: str) -> bool:
        """Tell whether there is such a file."""
        try:
            self.size(relative)
        except OSError:
            return False
        return True

    @contextlib.contextmanager
    def write_test(self) -> Iterator[str]:
        """Give a small file that exists inside. Raises PhotoError, RunError."""
        relative = str(temporary_path(PurePosixPath(WRITE_TEST_FOLDER, "write-test")))
        self.write(relative, lambda file: file.write(b"."))
        try:
            yield relative
        finally:
            self.remove(relative)

    def sweep(self, folders: Iterable[str] = FOLDERS) -> int:
        """Remove what killed writers left behind; no other run may write. Return how many."""
        return sum(self._files.sweep(folder) for folder in folders)

    def files(self, folder: str) -> Iterator[StoredPath]:
        """Yield every file below a folder of the library with its size; order is stable."""
        return self._files.files(folder)

    def remove(self, relative: str) -> None:
        """Remove a file of the library, if it is there."""
        self._files.remove(relative)

    def remove_all(self, relatives: Iterable[str]) -> None:
        """Remove many files of the library, those that are there.

        For many files: S3 removes a thousand with one request.
        """
        self._files.remove_all(relatives)

    def free_bytes(self) -> int | None:
        """Return the free bytes for the library, None where that is unknown."""
        return self._files.free_bytes()


def measure(path: Path, relative: str) -> StoredFile:
    """Return the record of the file `relative`, which is at `path`. Raises OSError."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(relative, file.tell(), sha256)


def _files_at(root: LibraryRoot) -> LocalFiles | RemoteFiles:
    if isinstance(root, RemoteRoot):
        # Imported here: a folder needs none of it.
        from pipeline.store.remote import RemoteFiles

        return RemoteFiles(root)
    return LocalFiles(root)
