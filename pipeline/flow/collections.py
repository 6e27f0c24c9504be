"""Collections that a scan found: photo libraries' databases, and lists of the photos in a folder.

One is read when it is new or has changed, and when photos are new that it may say something about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.catalog.collection_rows import RecordedCollection
from pipeline.context.registry import SOURCES
from pipeline.context.source import Collection
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.scan import FoundFile
from schemas.context import ContextFacts, ContextSource, Said
from schemas.errors import CollectionError
from schemas.path_text import path_text

_WRITE_AHEAD = "-wal"  # of SQLite: what its database file does not hold yet


class FoundCollection(NamedTuple):
    """A collection in the state in which the scan found it."""

    path: str
    source: ContextSource
    size: int
    mtime_ns: int
    covers: str | None  # the folder that its photos are in or below; None: anywhere


class Collections:
    """The collections of a scan. `problems` says of some why they could not be read."""

    def __init__(
        self,
        recorded: Mapping[str, RecordedCollection],
        area: ScannedArea,
        photos: Callable[[str | None], Sequence[str]],
    ) -> None:
        """Take those of the catalog, by path as it writes it.

        `photos` returns the sorted paths of all files of the scan that may be photos: those below
        a folder, or all.
        """
        self.recorded = recorded
        self.problems: dict[str, str] = {}
        self._area = area
        self._photos = photos
        self._found: dict[str, FoundCollection] = {}
        self._facts: dict[str, Mapping[str, ContextFacts]] = {}
        self._by_folder: dict[str | None, list[str]] = {}  # None: those that cover any folder
        self._kinds = [
            (entry.source, entry.collection.get())
            for entry in SOURCES
            if entry.collection is not None
        ]

    def add(self, file: FoundFile) -> None:
        """Add a file of the scan, if it is a collection. A database comes before its WAL file."""
        if file.skip is None:
            return
        main = self._found.get(file.path.removesuffix(_WRITE_AHEAD))
        if main is not None and file.path.endswith(_WRITE_AHEAD):
            self._found[main.path] = main._replace(
                size=main.size + file.size, mtime_ns=max(main.mtime_ns, file.mtime_ns)
            )
            return
        for source, kind in self._kinds:
            if kind.is_one(file.path):
                covers = kind.covers(file.path)
                self._found[file.path] = FoundCollection(
                    file.path, source, file.size, file.mtime_ns, covers
                )
                self._by_folder.setdefault(covers, []).append(file.path)
                return

    @property
    def changed(self) -> list[FoundCollection]:
        """Those that are not as they were when they were read, or could not be read then."""
        return [one for one in self._found.values() if self._is_changed(one)]

    @property
    def gone(self) -> list[str]:
        """Paths, as the catalog writes them, of recorded collections that are not there now."""
        there = {path_text(path) for path in self._found}
        return [path for path in self.recorded if path not in there and self._area.covers(path)]

    def facts_of(self, one: FoundCollection) -> Mapping[str, ContextFacts] | None:
        """Return what a collection says of photos by their paths; None where it is unreadable."""
        if one.path in self.problems:
            return None
        if one.path not in self._facts:
            try:
                read = _collection(one.source).read(Path(one.path), self._photos(one.covers))
            except CollectionError as error:
                self.problems[one.path] = error.message
                return None
            self._facts[one.path] = read
        return self._facts[one.path]

    def said_of(
        self, paths: Sequence[str], *, only_if_read: bool
    ) -> tuple[list[Said], frozenset[str]]:
        """Return what collections say of a photo by its paths, and which of them were asked.

        With `only_if_read`, those are not read for it that were not read before.
        """
        said: dict[str, Said] = {}
        asked: set[str] = set()
        for path in paths:
            for one in self._covering(path):
                if only_if_read and one.path not in self._facts:
                    continue
                facts = self.facts_of(one)
                if facts is None:
                    continue
                asked.add(path_text(one.path))
                if path in facts:
                    said.setdefault(one.path, Said(path_text(one.path), facts[path]))
        return list(said.values()), frozenset(asked)

    def _is_changed(self, one: FoundCollection) -> bool:
        recorded = self.recorded.get(path_text(one.path))
        return recorded is None or recorded != (one.size, one.mtime_ns, None)

    def _covering(self, path: str) -> Iterator[FoundCollection]:
        folders: list[str | None] = []
        while path and self._by_folder:
            path = path.rpartition("/")[0]
            folders.append(path)
        for folder in (*folders, None):
            yield from (self._found[one] for one in self._by_folder.get(folder, ()))


def _collection(source: ContextSource) -> Collection:
    entry = SOURCES.get(source.value)
    assert entry.collection is not None
    return entry.collection.get()
