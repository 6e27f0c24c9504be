"""Folders -> files: photos with their sidecars, and files that are skipped. Opens no file.

A file may be a photo, or is skipped for a reason that its name or folder gives. The order is
stable: folders and files by name, links to folders after all real folders, so that a photo is first
found at its real path.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.scan.name_rules import skip_by_folder, skip_by_name
from pipeline.scan.own_exports import MANIFEST_FILES, exported_files
from pipeline.scan.sidecars import Sidecars, find_sidecars
from pipeline.store import layout
from pipeline.store.root import LibraryRoot
from schemas.errors import UsageError
from schemas.reasons import SkipReason
from schemas.records import ContextFile

# Entries of a library, which may share its folder with photos.
_LIBRARY_ENTRIES = frozenset({*layout.FOLDERS, layout.URL_FILE, layout.LOCK_FILE})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as its folder lists it."""

    path: str
    size: int
    mtime_ns: int
    skip: SkipReason | None = None  # why it is skipped, if it is
    context: tuple[ContextFile, ...] = ()  # files beside a photo that belong to it


@dataclass(slots=True)
class Scan:
    """All files below the sources without those of libraries, and folders that gave an error."""

    files: list[FoundFile] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    unreadable_folders: list[str] = field(default_factory=list)


def scan(
    sources: Sequence[Path],
    exclude: Sequence[str] = (),
    library: LibraryRoot | None = None,
    include: Sequence[str] = (),
) -> Scan:
    """List every file below `sources` (folders or single files), each once.

    `exclude` and `include` hold glob patterns for paths and for names; where any are to be
    included, other files are skipped. Raises UsageError if a source is missing.
    """
    check_sources(sources)
    own = os.path.realpath(library) if isinstance(library, Path) else None
    walk = _Walk(tuple(exclude), own, tuple(include))
    for source in sources:
        walk.add(Path(os.path.realpath(source)))
    walk.finish()
    return walk.result


def check_sources(sources: Sequence[Path]) -> None:
    """Raise UsageError if a source is missing."""
    for source in sources:
        try:
            is_there = source.exists()
        except OSError as error:
            raise UsageError(f"{source} cannot be read: {error.strerror}") from error
        if not is_there:
            raise UsageError(
                f"{source} does not exist",
                "Name a folder of photos or a single photo; quote names that hold spaces.",
            )


class _Walk:
    """The state of one scan: what was found, and links to folders that are followed at the end."""

    def __init__(
        self, exclude: tuple[str, ...], library: str | None, include: tuple[str, ...]
    ) -> None:
        self.result = Scan()
        self._exclude = exclude
        self._include = include
        self._library = library
        self._seen_folders: set[tuple[int, int]] = set()
        self._seen_files: set[str] = set()
        self._links: list[tuple[str, SkipReason | None]] = []
        self._sidecars = Sidecars()
        self._exports: set[str] = set()

    def add(self, source: Path) -> None:
        if source.is_dir():
            self._folder(str(source), None)
            return
        stat = source.stat()
        self._file(str(source), stat.st_size, stat.st_mtime_ns, self._skip_file(str(source)))
        for file in find_sidecars(str(source)):
            self._sidecars.add(file.path, file.size, file.mtime_ns)

    def finish(self) -> None:
        while self._links:
            link, skip = self._links.pop(0)
            self._folder(link, skip)
        if self._sidecars:
            self._pair_sidecars()

    def _pair_sidecars(self) -> None:
        for index, file in enumerate(self.result.files):
            if skip_by_name(os.path.basename(file.path)) is None:  # noqa: PTH119 - a hot loop
                context = self._sidecars.of(file.path)
                if context:
                    self.result.files[index] = replace(file, context=context)

    def _folder(self, root: str, skip: SkipReason | None) -> None:
        waiting = [(root, skip)]
        while waiting:
            folder, skip = waiting.pop()
            try:
                stat = os.stat(folder)  # noqa: PTH116 - a hot loop over plain strings
                entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
            except OSError:
                self.result.unreadable_folders.append(folder)
                continue
            if (stat.st_dev, stat.st_ino) in self._seen_folders:
                continue
            self._seen_folders.add((stat.st_dev, stat.st_ino))
            if any(entry.name in MANIFEST_FILES for entry in entries):
                self._exports.update(exported_files(folder))
            if self._is_library(folder, entries):
                self.result.libraries.append(folder)
                entries = [entry for entry in entries if not _is_of_library(entry.name)]
            inner: list[tuple[str, SkipReason | None]] = []
            for entry in entries:
                below = self._entry(entry, skip)
                if below is not None:
                    inner.append(below)
            waiting.extend(reversed(inner))

    def _entry(
        self, entry: os.DirEntry[str], skip: SkipReason | None
    ) -> tuple[str, SkipReason | None] | None:
        """Add a file to the result, or return a folder to descend into."""
        try:
            if entry.is_dir():
                skip = skip or self._skip_folder(entry.path, entry.name)
                if entry.is_symlink():
                    self._links.append((entry.path, skip))
                    return None
                return entry.path, skip
            if not entry.is_file():
                return None  # a broken link, a socket or a device
            stat = entry.stat()
        except OSError:
            self.result.unreadable_folders.append(entry.path)
            return None
        skip = skip or self._skip_file(entry.path)
        self._file(entry.path, stat.st_size, stat.st_mtime_ns, skip)
        return None

    def _file(self, path: str, size: int, mtime_ns: int, skip: SkipReason | None) -> None:
        if path not in self._seen_files:
            self._seen_files.add(path)
            # Times beyond 64 bits occur on damaged disks; no database can store them.
            mtime_ns = max(-(1 << 63), min(mtime_ns, (1 << 63) - 1))
            self.result.files.append(FoundFile(path, size, mtime_ns, skip))
            self._sidecars.add(path, size, mtime_ns)

    def _is_library(self, folder: str, entries: list[os.DirEntry[str]]) -> bool:
        names = {entry.name for entry in entries}
        has_catalog = bool(names & {layout.CATALOG_FILE, layout.URL_FILE})
        if has_catalog and names & {layout.RUNS, layout.LOCK_FILE}:
            return True
        return self._library is not None and os.path.realpath(folder) == self._library

    def _skip_folder(self, path: str, name: str) -> SkipReason | None:
        excluded = _matches(path, name, self._exclude)
        return skip_by_folder(path, name) or (SkipReason.EXCLUDED if excluded else None)

    def _skip_file(self, path: str) -> SkipReason | None:
        if path in self._exports:
            return SkipReason.OWN_EXPORT
        name = os.path.basename(path)  # noqa: PTH119
        excluded = _matches(path, name, self._exclude) or (
            self._include and not _matches(path, name, self._include)
        )
        return skip_by_name(name) or (SkipReason.EXCLUDED if excluded else None)


def _matches(path: str, name: str, patterns: tuple[str, ...]) -> bool:
    path = path.replace(os.sep, "/")  # as patterns are written
    return any(
        fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(name, pattern)
        for pattern in patterns
    )


def _is_of_library(name: str) -> bool:
    return name in _LIBRARY_ENTRIES or name.startswith("catalog.sqlite")
