"""Folders -> files, each with what is to become of it. Nothing is opened here.

A file is a photo to look at, or is left alone for a reason that its name or folder gives. The
order is stable: folders and files by name, links to folders after all real folders, so that a
photo is known by its real path first.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.store import layout
from pipeline.store.root import LibraryRoot
from schemas.errors import SkipReason, UsageError
from sharp_core.formats.registry import FORMATS

PHOTO_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .heic .heif .hif .heics .heifs .avif .png .webp .tif .tiff .mpo "
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .sr2 .srf .raf .orf .rw2 .rwl .pef .srw .3fr .iiq .erf "
    ".kdc .dcr .mrw .x3f .mef .mos .gpr".split()
)
_SIDECAR_SUFFIXES = frozenset(".xmp .aae .json .thm .pp3 .dop .on1 .cos .nks".split())
_VIDEO_SUFFIXES = frozenset(
    ".mov .mp4 .m4v .avi .mts .m2ts .3gp .3g2 .mkv .webm .mpg .mpeg .wmv .insv .360 .mxf "
    ".flv .ogv .braw .crm .lrv".split()
)
_OTHER_3D_SUFFIXES = ".ksplat .jps .pns .glb .gltf .obj .usdz .usd .usdc".split()
_SPLAT_SUFFIXES = frozenset(
    [*_OTHER_3D_SUFFIXES, *(suffix for entry in FORMATS for suffix in entry.suffixes)]
)
# Folders in which programs keep copies: network drives, recycle bins, photo managers' caches.
_COPY_FOLDERS = frozenset(
    (
        *("@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information"),
        *("__macosx", "lost+found", "thumbnails"),
    )
)
_COPY_FOLDER_SUFFIXES = (".lrdata", ".cocatalog")
# An Apple Photos library is a folder: the photos lie in one of these, the rest is derived.
_APPLE_LIBRARY_SUFFIXES = (".photoslibrary", ".photolibrary", ".aplibrary", ".migratedphotolibrary")
_APPLE_ORIGINALS = frozenset({"originals", "masters"})
# What a library of ours holds beside photos that somebody may keep in the same folder.
_LIBRARY_ENTRIES = frozenset({*layout.FOLDERS, layout.URL_FILE, layout.LOCK_FILE})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the folder lists it. `skip` says why it is left alone, if it is."""

    path: str
    size: int
    mtime_ns: int
    skip: SkipReason | None = None


@dataclass(slots=True)
class Scan:
    """All files below the sources, libraries of ours left out, and folders that gave an error."""

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
    included, other files are left alone. Raises UsageError if a source is missing.
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
            raise UsageError(f"{source} cannot be looked at: {error.strerror}") from error
        if not is_there:
            raise UsageError(
                f"{source} does not exist",
                "Name a folder of photos or a single photo; quote names that hold spaces.",
            )


class _Walk:
    """The state of one scan: what was seen, and links to folders that wait until the end."""

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

    def add(self, source: Path) -> None:
        if source.is_dir():
            self._folder(str(source), None)
            return
        stat = source.stat()
        self._file(str(source), stat.st_size, stat.st_mtime_ns, self._skip_file(str(source)))

    def finish(self) -> None:
        while self._links:
            link, skip = self._links.pop(0)
            self._folder(link, skip)

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
        """Take in a file, or return a folder to go into."""
        try:
            if entry.is_dir():
                skip = skip or self._skip_folder(entry.path, entry.name)
                if entry.is_symlink():
                    self._links.append((entry.path, skip))
                    return None
                return entry.path, skip
            if not entry.is_file():
                return None  # a broken link, a socket or a device: nothing that could be a photo
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
            # Times beyond 64 bits occur on damaged disks, and fit into no database.
            mtime_ns = max(-(1 << 63), min(mtime_ns, (1 << 63) - 1))
            self.result.files.append(FoundFile(path, size, mtime_ns, skip))

    def _is_library(self, folder: str, entries: list[os.DirEntry[str]]) -> bool:
        names = {entry.name for entry in entries}
        has_catalog = bool(names & {layout.CATALOG_FILE, layout.URL_FILE})
        if has_catalog and names & {layout.RUNS, layout.LOCK_FILE}:
            return True
        return self._library is not None and os.path.realpath(folder) == self._library

    def _skip_folder(self, path: str, name: str) -> SkipReason | None:
        if name.startswith("."):
            return SkipReason.HIDDEN
        folded = name.lower()
        parent = os.path.basename(os.path.dirname(path)).lower()  # noqa: PTH119, PTH120
        derived = parent.endswith(_APPLE_LIBRARY_SUFFIXES) and folded not in _APPLE_ORIGINALS
        copies = folded in _COPY_FOLDERS or folded.endswith(_COPY_FOLDER_SUFFIXES)
        if derived or copies or _matches(path, name, self._exclude):
            return SkipReason.EXCLUDED
        return None

    def _skip_file(self, path: str) -> SkipReason | None:
        name = os.path.basename(path)  # noqa: PTH119
        excluded = _matches(path, name, self._exclude) or (
            self._include and not _matches(path, name, self._include)
        )
        return skip_by_name(name) or (SkipReason.EXCLUDED if excluded else None)


def _matches(path: str, name: str, patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(name, pattern)
        for pattern in patterns
    )


def skip_by_name(name: str) -> SkipReason | None:
    """Return why a file of this name is left alone, or None where it may be a photo."""
    if name.startswith("."):
        return SkipReason.HIDDEN
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - quick, for each file
    if suffix in PHOTO_SUFFIXES:
        return None
    for suffixes, reason in (
        (_SIDECAR_SUFFIXES, SkipReason.SIDECAR),
        (_VIDEO_SUFFIXES, SkipReason.VIDEO),
        (_SPLAT_SUFFIXES, SkipReason.ALREADY_3D),
    ):
        if suffix in suffixes:
            return reason
    return SkipReason.OTHER_FILE


def _is_of_library(name: str) -> bool:
    return name in _LIBRARY_ENTRIES or name.startswith("catalog.sqlite")
