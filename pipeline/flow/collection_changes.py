"""Collections that changed: which recorded photos they say something else of now.

Only what a collection says is compared; no photo is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from pipeline.catalog.collection_rows import RecordedCollection
from pipeline.catalog.context_rows import read_facts_of, read_own_positions, read_said
from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.writer import CatalogWriter
from pipeline.flow.collections import Collections, FoundCollection
from pipeline.flow.live_paths import LivePaths
from pipeline.flow.survey import context_of
from schemas.context import ContextFacts, ContextUpdate, Said
from schemas.path_text import path_text


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """A collection that was read, or is gone: what it changes of photos."""

    path: str  # as the catalog writes it
    collection: FoundCollection | None  # None: it is gone
    state: RecordedCollection | None
    facts: Mapping[str, ContextFacts | None] = field(
        default_factory=dict
    )  # by photo_id; None: none

    def updates(self, connection: Connection) -> Iterator[list[ContextUpdate]]:
        """Yield the new contexts of photos, some hundreds at a time, for the caller to record."""
        for chunk in in_groups(self.facts):
            with connection.begin():
                said = read_said(connection, chunk)
                positions = read_own_positions(connection, chunk)
            yield [
                context_of(
                    photo_id,
                    self._replaced(said.get(photo_id, []), self.facts[photo_id]),
                    *positions.get(photo_id, (None, None)),
                )
                for photo_id in chunk
            ]

    def _replaced(self, said: list[Said], facts: ContextFacts | None) -> list[Said]:
        kept = [one for one in said if one.origin != self.path]
        return kept if facts is None else [*kept, Said(self.path, facts)]


def find_changes(
    connection: Connection, collections: Collections, live: LivePaths
) -> Iterator[CollectionChange]:
    """Yield what changed collections change.

    Nothing is changed of photos that the scan has not found as they are recorded: a collection was
    only asked about those that were found.
    """
    for one in collections.changed:
        path = path_text(one.path)
        by_path = collections.facts_of(one)
        if by_path is None:
            state = RecordedCollection(one.size, one.mtime_ns, collections.problems[one.path])
            yield CollectionChange(path, one, state)
            continue
        photo_ids = dict(live.scanned_among(by_path))
        now: dict[str, ContextFacts] = {}
        for photo_path, facts in by_path.items():
            photo_id = photo_ids.get(photo_path)
            if photo_id is not None and not facts.is_empty:
                now.setdefault(photo_id, facts)
        before = _facts_before(connection, path)
        changed = {
            photo_id: now.get(photo_id)
            for photo_id in now | before
            if now.get(photo_id) != before.get(photo_id)
        }
        there = {found.photo_id for found in live.scanned_open(changed)}
        changed = {photo_id: facts for photo_id, facts in changed.items() if photo_id in there}
        yield CollectionChange(path, one, RecordedCollection(one.size, one.mtime_ns), changed)
    for path in collections.gone:
        before = _facts_before(connection, path)
        yield CollectionChange(path, None, None, dict.fromkeys(before))


def record_changes(catalog: CatalogWriter, collections: Collections, live: LivePaths) -> list[str]:
    """Record what changed collections say; return the photos of which that is something else.

    A photo of which several collections say something else is in the list for each of them.
    """
    changed: list[str] = []
    for change in find_changes(catalog.connection, collections, live):
        for updates in change.updates(catalog.connection):
            catalog.record_contexts(updates)
            changed += (update.photo_id for update in updates)
        if change.collection is None or change.state is None:
            catalog.forget_collection(change.path)
        else:
            catalog.record_collection(
                change.collection.path, change.collection.source, change.state
            )
    return changed


def _facts_before(connection: Connection, path: str) -> dict[str, ContextFacts]:
    with connection.begin():
        return read_facts_of(connection, path)
