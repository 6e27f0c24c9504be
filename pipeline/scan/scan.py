"""Folders -> files: photos with their sidecars, and files that are skipped. Opens no file.

A file may be a photo, or is skipped for a reason that its name or folder gives. Files come in the
order of their paths, as the catalog sorts them; links to folders come after all real folders, so
that a photo is first found at its real path. No more than the folders on the way to a file are in
memory.
"""

from __future__ import annotations

import fnmatch
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from pipeline.scan.name_rules import skip_by_folder, skip_by_name
from pipeline.scan.own_exports import MANIFEST_FILES, exported_files
from pipeline.scan.sidecars import Sidecars, find_sidecars
from pipeline.store import layout
from pipeline.store.root import LibraryRoot
from schemas.errors import UsageError
from schemas.path_text import path_text
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

    files: list[FoundFile]
    libraries: list[str]
    unreadable_folders: list[str]


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
    walk = Walk(sources, exclude, library, include)
    files = [file for root in walk.roots() for file in root.files]
    return Scan(files, walk.libraries, walk.unreadable_folders)


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


class FoundRoot(NamedTuple):
    """A source, or a link to a folder: its path, and its files in the order of their paths."""

    path: str
    is_folder: bool
    files: Iterator[FoundFile]


class _Folder(NamedTuple):
    """A folder to descend into, and why its files are skipped, if they are."""

    path: str
    skip: SkipReason | None


class Walk:
    """One walk over some sources: each file once, at the first of the roots that it is below.

    `libraries` and `unreadable_folders` are complete when all roots have been walked.
    """

    def __init__(
        self,
        sources: Sequence[Path],
        exclude: Sequence[str] = (),
        library: LibraryRoot | None = None,
        include: Sequence[str] = (),
    ) -> None:
        """Take the arguments of `scan`. Raises UsageError if a source is missing."""
        check_sources(sources)
        self.libraries: list[str] = []
        self.unreadable_folders: list[str] = []
        self._exclude = tuple(exclude)
        self._include = tuple(include)
        self._library = os.path.realpath(library) if isinstance(library, Path) else None
        # Whether each source is a folder.
        self._sources = {path: os.path.isdir(path) for path in map(os.path.realpath, sources)}  # noqa: PTH112
        # Paths, as the catalog has them, of what may be below a root and is walked for itself.
        self._apart = {path_text(path) for path in self._sources}
        self._seen_folders: set[tuple[int, int]] = set()
        self._links: deque[_Folder] = deque()
        self._exports: set[str] = set()

    def roots(self) -> Iterator[FoundRoot]:
        """Yield single files, folders, and then links. The files of one are to be taken first."""
        for path in sorted(path for path, is_folder in self._sources.items() if not is_folder):
            yield FoundRoot(path, False, self._one(path))
        for path in (path for path, is_folder in self._sources.items() if is_folder):
            yield FoundRoot(path, True, self._below(path, None))
        while self._links:
            path, skip = self._links.popleft()
            yield FoundRoot(path, True, self._below(path, skip))

    def is_apart(self, path: str, root: str) -> bool:
        """Tell whether a path below a root, as the catalog has them, was left to another root.

        Asked for before all files of the root are taken, only paths before the last file count.
        """
        while len(path) > len(root):
            if path in self._apart:
                return True
            path = path.rpartition(os.sep)[0]
        return False

    def _one(self, path: str) -> Iterator[FoundFile]:
        stat = os.stat(path)  # noqa: PTH116 - as below
        file = self._file(path, stat, None)
        yield replace(file, context=find_sidecars(path))

    def _below(self, root: str, skip: SkipReason | None) -> Iterator[FoundFile]:
        waiting = [iter(self._listed(_Folder(root, skip)))]
        while waiting:
            found = next(waiting[-1], None)
            if found is None:
                waiting.pop()
            elif isinstance(found, _Folder):
                waiting.append(iter(self._listed(found)))
            else:
                yield found

    def _listed(self, found: _Folder) -> list[FoundFile | _Folder]:
        """Return what is in a folder, with the files that belong to photos, in the order of paths.

        A folder comes where the paths of its files do: after `a.jpg`, if its name is `a`.
        """
        folder, skip = found
        try:
            stat = os.stat(folder)  # noqa: PTH116 - a hot loop over plain strings
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError:
            self.unreadable_folders.append(folder)
            return []
        if (stat.st_dev, stat.st_ino) in self._seen_folders:
            return []
        self._seen_folders.add((stat.st_dev, stat.st_ino))
        if any(entry.name in MANIFEST_FILES for entry in entries):
            self._exports.update(exported_files(folder))
        if self._is_library(folder, entries):
            self.libraries.append(folder)
            entries = [entry for entry in entries if not _is_of_library(entry.name)]
        listed: list[tuple[str, FoundFile | _Folder]] = []
        sidecars = Sidecars()
        for entry in entries:
            one = self._entry(entry, skip)
            if isinstance(one, FoundFile):
                sidecars.add(one.path, one.size, one.mtime_ns)
            if one is not None and one.path not in self._sources:
                text = path_text(entry.name)
                listed.append((text + os.sep if isinstance(one, _Folder) else text, one))
        listed.sort(key=itemgetter(0))
        if not sidecars:
            return [one for _, one in listed]
        return [_with_sidecars(one, sidecars) for _, one in listed]

    def _entry(
        self, entry: os.DirEntry[str], skip: SkipReason | None
    ) -> FoundFile | _Folder | None:
        """Return a file, or a folder to descend into; None for what is neither, or walked later."""
        try:
            if entry.is_dir():
                skip = skip or self._skip_folder(entry.path, entry.name)
                found = _Folder(entry.path, skip)
                if not entry.is_symlink():
                    return found
                self._apart.add(path_text(entry.path))
                self._links.append(found)
                return None
            if not entry.is_file():
                return None  # a broken link, a socket or a device
            return self._file(entry.path, entry.stat(), skip)
        except OSError:
            self.unreadable_folders.append(entry.path)
            return None

    def _file(self, path: str, stat: os.stat_result, skip: SkipReason | None) -> FoundFile:
        # Times beyond 64 bits occur on damaged disks; no database can store them.
        mtime_ns = max(-(1 << 63), min(stat.st_mtime_ns, (1 << 63) - 1))
        return FoundFile(path, stat.st_size, mtime_ns, skip or self._skip_file(path))

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


def _with_sidecars(found: FoundFile | _Folder, sidecars: Sidecars) -> FoundFile | _Folder:
    if isinstance(found, _Folder):
        return found
    if skip_by_name(os.path.basename(found.path)) is not None:  # noqa: PTH119 - a hot loop
        return found
    context = sidecars.of(found.path)
    return replace(found, context=context) if context else found


def _is_of_library(name: str) -> bool:
    return name in _LIBRARY_ENTRIES or name.startswith("catalog.sqlite")
