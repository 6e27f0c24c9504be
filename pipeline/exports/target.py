"""The folder that exports are written to: outside the library, and shared with foreign files.

A file is written under a temporary name, then recorded in the catalog, then renamed, in this
order. So even after a run is killed, a file whose name the catalog does not record is foreign, and
is never changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pipeline.catalog.text import path_on_disk
from pipeline.store.disk_errors import write_error
from pipeline.store.layout import TEMPORARY_PREFIX, temporary_path
from pipeline.store.local import fill, sync_folder
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from schemas.errors import UsageError
from schemas.outcomes import UnnamedFile
from schemas.path_text import path_text
from schemas.records import StoredFile

_OWNER_DIGITS = 8


class ExportTarget:
    """A folder of exports of one library. Only plain values inside: it travels to workers."""

    def __init__(self, folder: Path, library: LibraryRoot) -> None:
        self.folder = Path(os.path.realpath(folder))
        self._store = Store(self.folder)
        # Distinguishes libraries: another one may be writing into the same folder.
        place = os.path.realpath(library) if isinstance(library, Path) else str(library)
        owner = hashlib.sha256(os.fsencode(place)).hexdigest()
        self._owner = f"{owner[:_OWNER_DIGITS]}-"

    @property
    def text(self) -> str:
        """The folder as the catalog holds it."""
        return path_text(str(self.folder))

    def absolute(self, relative: str) -> Path:
        """Return the path of a file in the folder."""
        return self.folder / relative

    def catalog_path(self, relative: str) -> str:
        """Return the path of a file as the catalog holds it."""
        return path_text(str(self.absolute(relative)))

    def check(self) -> None:
        """Raise UsageError if exports cannot be written to the folder."""
        for path in (self.folder, *self.folder.parents):
            if path.is_dir():
                if not os.access(path, os.W_OK | os.X_OK):
                    raise UsageError(f"--to {self.folder}: {path} cannot be written to")
                return
            if os.path.lexists(path):
                raise UsageError(f"--to {self.folder}: {path} is not a folder", "Name another one.")

    def check_folders(self, files: Iterable[str]) -> None:
        """Raise UsageError if a file has the name of a folder that these files need."""
        for folder in {folder for file in files for folder in PurePosixPath(file).parents}:
            path = self.absolute(str(folder))
            if os.path.lexists(path) and not path.is_dir():
                raise UsageError(
                    f"{path} is no folder, and exports need a folder of this name",
                    "Move that file away, or choose other names with --name.",
                )

    def fill(
        self, relative: str, write: Callable[[BinaryIO], object], seconds: float | None
    ) -> tuple[StoredFile, Path]:
        """Fill a file under a temporary name, and set its time to the capture time; return both.

        Raises PhotoError (`disk_full`) and RunError as a store does; nothing is left then.
        """
        final = self.absolute(relative)
        partial = temporary_path(final, self._owner)
        try:
            stored = fill(partial, relative, write)
            if seconds is not None:
                with contextlib.suppress(OSError, OverflowError):  # a disk without such times
                    os.utime(partial, (seconds, seconds))
        except BaseException as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise write_error(error, final, f"the disk of {self.folder}") from error
            raise
        return stored, partial

    def write(self, relative: str, write: Callable[[BinaryIO], object]) -> None:
        """Write a file such as the manifest, whole or not at all."""
        self._store.write(relative, write)

    def sweep(self, folders: Iterable[str]) -> int:
        """Remove what killed runs of this library left in these folders. Return how many files.

        Folders are relative to this one, which is swept too.
        """
        swept = 0
        for folder in {"", *folders}:
            for partial in self.absolute(folder).glob(f"{TEMPORARY_PREFIX}{self._owner}*"):
                with contextlib.suppress(OSError):  # in use: the next run removes it
                    partial.unlink()
                    swept += 1
        return swept


def give_name(file: UnnamedFile) -> None:
    """Rename a temporary file. Raises FileExistsError if a foreign file has the name by now."""
    partial, path = Path(file.partial), Path(path_on_disk(file.path))
    if file.may_replace:
        partial.replace(path)
    else:
        try:
            os.link(partial, path)
        except FileExistsError:
            raise
        except OSError:  # a disk without links
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            partial.rename(path)
        else:
            partial.unlink()
    sync_folder(path.parent)


def is_unchanged(path: str | Path, size: int, sha256: str, mtime_ns: int | None) -> bool:
    """Tell whether a file is as it was written. It is read only if its time differs."""
    try:
        found = os.stat(path)  # noqa: PTH116 - for a million files
        if found.st_size != size or not stat.S_ISREG(found.st_mode):
            return False
        if found.st_mtime_ns == mtime_ns:
            return True
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
