"""Where a library's bytes live: scenes, thumbnails and reports under one folder.

A file appears under its final name whole or not at all: it is written beside it under a temporary
name, brought to disk, then renamed. Its catalog row comes after, so a row never names a missing
or half-written file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from schemas.errors import FailureReason, PhotoError, RunError
from schemas.records import StoredFile

TEMPORARY_PREFIX = ".partial-"
_FULL = {errno.ENOSPC, errno.EDQUOT}


def scene_path(scene_id: str, suffix: str) -> str:
    """Return where a scene lies in the library. Two hex digits a folder keep folders small."""
    return f"scenes/{scene_id[:2]}/{scene_id}.{suffix}"


def thumb_path(photo_id: str) -> str:
    """Return where a photo's thumbnail lies in the library."""
    return f"thumbs/{photo_id[:2]}/{photo_id}.webp"


def preview_path(scene_id: str, kind: str, suffix: str) -> str:
    """Return where a scene's preview lies in the library."""
    return f"previews/{scene_id[:2]}/{scene_id}.{kind}{suffix}"


def partial_path(final: Path, owner: str = "") -> Path:
    """Return a new temporary name beside a file; `owner` tells whose it is in a shared folder."""
    return final.with_name(f"{TEMPORARY_PREFIX}{owner}{uuid.uuid4().hex}")


def is_disk_full(error: OSError) -> bool:
    """Tell whether the disk or the user's quota is full."""
    return error.errno in _FULL


class StoredPath(NamedTuple):
    """A file of the library as its folder lists it."""

    path: str  # relative to the library
    bytes: int


class Store:
    """A library's folder. Only plain values inside: it travels to workers by pickling."""

    def __init__(self, root: Path) -> None:
        # Absolute: workers of a cluster have working folders of their own.
        self.root = root.absolute()

    def absolute(self, relative: str) -> Path:
        """Return the path of a file of the library on this machine."""
        return self.root / relative

    def write(self, relative: str, write: Callable[[BinaryIO], object]) -> StoredFile:
        """Have `write` fill the file `relative`, whole or not at all, and return its record.

        Raises PhotoError (`disk_full`) where there is no room, and RunError where the folder
        cannot be written at all: that is no photo's fault.
        """
        final = self.absolute(relative)
        partial = partial_path(final)
        try:
            stored = self.fill(relative, partial, write)
            with self.known_errors(final):
                partial.replace(final)
                sync_folder(final.parent)
        finally:
            # Gone after the rename; on any error, an interrupt too, nothing half-written stays.
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
        return stored

    def fill(self, relative: str, partial: Path, write: Callable[[BinaryIO], object]) -> StoredFile:
        """Have `write` fill `partial` and bring it to disk; return the record of `relative`.

        Raises as `write` does. What is half-written is the caller's to remove.
        """
        with self.known_errors(self.absolute(relative)):
            partial.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("x+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(relative, size, sha256)

    @contextlib.contextmanager
    def known_errors(self, final: Path) -> Iterator[None]:
        """Turn what the disk refuses into an error for people."""
        try:
            yield
        except OSError as error:
            if is_disk_full(error):
                message = f"no room left on the disk of {self.root}"
                raise PhotoError(FailureReason.DISK_FULL, message) from error
            raise RunError(
                f"{final} cannot be written: {error.strerror or error}",
                "Mend that, then run the same command again: it goes on where it was.",
            ) from error

    def sweep(self) -> int:
        """Remove what killed writers left behind; the caller holds the lock. Return how many."""
        swept = 0
        for folder in ("scenes", "thumbs", "previews", "catalog", "runs"):
            for partial in (self.root / folder).rglob(f"{TEMPORARY_PREFIX}*"):
                partial.unlink(missing_ok=True)
                swept += 1
        return swept

    def files(self, folder: str) -> Iterator[StoredPath]:
        """Yield every file below a folder of the library with its size; order is stable."""
        for parent, folders, names in os.walk(self.absolute(folder)):
            folders.sort()
            for name in sorted(names):
                path = Path(parent, name)
                with contextlib.suppress(FileNotFoundError):
                    size = path.lstat().st_size
                    yield StoredPath(path.relative_to(self.root).as_posix(), size)

    def measure(self, relative: str) -> StoredFile:
        """Return the record of a file that is there already. Raises OSError."""
        with self.absolute(relative).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return StoredFile(relative, file.tell(), sha256)

    def remove(self, relative: str) -> None:
        """Remove a file of the library, if it is there."""
        self.absolute(relative).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Return how much room the disk of the library has."""
        stats = os.statvfs(self.root)
        return stats.f_bavail * stats.f_frsize


def sync_folder(folder: Path) -> None:
    """Bring a rename to disk. Some file systems cannot: they are no worse off than before."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
