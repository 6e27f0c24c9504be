"""Collections that a scan found: photo libraries' databases, and lists of the photos in a folder.

One is read when it is new or has changed, and when photos are new that it may say something about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.catalog.collection_rows import RecordedCollection
from pipeline.catalog.text import path_text
from pipeline.context.registry import SOURCES
from pipeline.context.source import Collection
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.name_rules import skip_by_name
from pipeline.scan.scan import FoundFile
from schemas.context import ContextFacts, ContextSource, Said
from schemas.errors import CollectionError

_WRITE_AHEAD = "-wal"  # of SQLite: what its database file does not hold yet


class FoundCollection(NamedTuple):
    """A collection in the state in which the scan found it."""

    path: str
    source: ContextSource
    size: int
    mtime_ns: int
    covers: str | None  # the folder that its photos are in or below; None: anywhere


@dataclass(slots=True)
class Collections:
    """The collections of a scan. `problems` says of some why they could not be read."""

    found: list[FoundCollection]
    recorded: Mapping[str, RecordedCollection]  # by path, as the catalog writes it
    area: ScannedArea
    photo_paths: list[str]  # of all files of the scan that may be photos, sorted
    problems: dict[str, str] = field(default_factory=dict)
    _facts: dict[str, Mapping[str, ContextFacts]] = field(default_factory=dict)
    _by_folder: dict[str, list[FoundCollection]] = field(default_factory=dict)
    _anywhere: list[FoundCollection] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.found:
            if one.covers is None:
                self._anywhere.append(one)
            else:
                self._by_folder.setdefault(one.covers, []).append(one)

    @property
    def changed(self) -> list[FoundCollection]:
        """Those that are not as they were when they were read, or could not be read then."""
        return [one for one in self.found if self._is_changed(one)]

    @property
    def gone(self) -> list[str]:
        """Paths, as the catalog writes them, of recorded collections that are not there now."""
        there = {path_text(one.path) for one in self.found}
        return [path for path in self.recorded if path not in there and self.area.covers(path)]

    def facts_of(self, one: FoundCollection) -> Mapping[str, ContextFacts] | None:
        """Return what a collection says of photos by their paths; None where it is unreadable."""
        if one.path in self.problems:
            return None
        if one.path not in self._facts:
            try:
                read = _collection(one.source).read(Path(one.path), self._covered(one))
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
        if self._by_folder:
            folder = path
            while folder:
                folder = folder.rpartition("/")[0]
                yield from self._by_folder.get(folder, ())
        yield from self._anywhere

    def _covered(self, one: FoundCollection) -> Sequence[str]:
        if one.covers is None:
            return self.photo_paths
        first = bisect_left(self.photo_paths, f"{one.covers}/")
        last = bisect_left(self.photo_paths, f"{one.covers}0")  # "0" comes after "/"
        return self.photo_paths[first:last]


def find_collections(
    files: Iterable[FoundFile], recorded: Mapping[str, RecordedCollection], area: ScannedArea
) -> Collections:
    """Return the collections among the files of a scan."""
    kinds = [
        (entry.source, entry.collection.get()) for entry in SOURCES if entry.collection is not None
    ]
    found: list[FoundCollection] = []
    others: dict[str, FoundFile] = {}
    listed = list(files)
    for file in listed:
        if file.skip is None:
            continue
        if file.path.endswith(_WRITE_AHEAD):
            others[file.path] = file
        for source, kind in kinds:
            if kind.is_one(file.path):
                covers = kind.covers(file.path)
                found.append(FoundCollection(file.path, source, file.size, file.mtime_ns, covers))
                break
    if not found:
        return Collections([], recorded, area, [])
    whole = [_with_write_ahead(one, others.get(one.path + _WRITE_AHEAD)) for one in found]
    photos = [file.path for file in listed if skip_by_name(file.path.rpartition("/")[2]) is None]
    return Collections(whole, recorded, area, sorted(photos))


def _with_write_ahead(one: FoundCollection, other: FoundFile | None) -> FoundCollection:
    if other is None:
        return one
    return one._replace(size=one.size + other.size, mtime_ns=max(one.mtime_ns, other.mtime_ns))


def _collection(source: ContextSource) -> Collection:
    entry = SOURCES.get(source.value)
    assert entry.collection is not None
    return entry.collection.get()
