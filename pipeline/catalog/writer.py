"""Every write of a run to its catalog.

One thread owns a writer. Each method is one transaction: what was finished stays, whatever happens
next. The statements are in `runs`, `files` (that a scan found), `outcomes` (of photos and scenes),
`user_focals`, `context_rows` and `collection_rows`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from sqlalchemy.engine import Connection, Engine

from pipeline.catalog import (
    collection_rows,
    context_rows,
    files,
    group_rows,
    outcomes,
    runs,
    survey_rows,
    user_focals,
)
from pipeline.catalog.best_scene import choose_best_scenes
from pipeline.catalog.collection_rows import RecordedCollection
from pipeline.catalog.photo_texts import refresh_texts
from pipeline.catalog.place_rows import forget_unused_places
from pipeline.catalog.tags import forget_unused_tags
from schemas.context import ContextSource, ContextUpdate
from schemas.groups import Fingerprint, PhotoGroup
from schemas.outcomes import Outcome, Surveyed, UnderWay
from schemas.reasons import SkipReason
from schemas.records import ArtifactRecord, PhotoFile, RunState
from schemas.user_focals import FocalChange


class CatalogWriter:
    """An open catalog. Use as a context manager, from one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.connection: Connection = engine.connect()
        self.is_changed = False  # by what this run found or made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()
        self.engine.dispose()

    def begin_run(self, run_id: str, command: str, settings: dict[str, object]) -> None:
        """Record that a run has started, and that those that never ended have failed."""
        with self.connection.begin():
            runs.fail_dead_runs(self.connection)
            runs.insert_run(self.connection, run_id, command, settings)

    def set_progress(self, run_id: str, **counts: float) -> None:
        """Record how far a run is, for those who watch it from other processes."""
        with self.connection.begin():
            runs.set_progress(self.connection, run_id, **counts)

    def end_run(self, run_id: str, state: RunState, **counts: float) -> None:
        """Record how a run ended: `finished`, `interrupted` or `failed`, with its counts."""
        with self.connection.begin():
            runs.end_run(self.connection, run_id, state, **counts)

    def add_found(self, found: Iterable[tuple[PhotoFile, SkipReason | None]]) -> None:
        """Record files that are new or changed: a photo is `due` as soon as it is recorded."""
        rows = list(found)
        if rows:
            with self._change():
                refresh_texts(self.connection, files.add_found(self.connection, rows))

    def settle(self) -> None:
        """Bring photos in line with their paths, after files appeared, disappeared or changed.

        A photo without a scene whose files are all gone or changed is forgotten; one whose files
        are all skipped now is skipped.
        """
        with self.connection.begin():
            files.forget_missing_photos(self.connection)
            files.skip_photos_of_skipped_files(self.connection)
            if self.is_changed:
                forget_unused_tags(self.connection)
                forget_unused_places(self.connection)

    def set_skips(self, changed: Iterable[tuple[str, SkipReason | None]]) -> None:
        """Record paths of recorded photos that are skipped now, or no longer."""
        rows = list(changed)
        if rows:
            with self._change():
                files.set_skips(self.connection, rows)

    def mark_missing(self, gone: Iterable[str], back: Iterable[str]) -> None:
        """Record paths whose files have disappeared, and paths that are there again."""
        gone, back = list(gone), list(back)
        if gone or back:
            with self._change():
                files.set_missing(self.connection, gone)
                files.set_back(self.connection, back)

    def change_user_focals(self, photo_ids: Sequence[str], change: FocalChange) -> None:
        """Set or take back the focal length of photos, as a person asks for."""
        if photo_ids:
            with self._change():
                user_focals.change_user_focals(self.connection, photo_ids, change)

    def add_surveyed(
        self, found: Sequence[tuple[PhotoFile, SkipReason | None]], surveys: Sequence[Surveyed]
    ) -> None:
        """Record files that are new or changed, and what these and other photos say."""
        if not found and not surveys:
            return
        with self._change():
            changed = files.add_found(self.connection, found) if found else set()
            survey_rows.record_surveys(self.connection, surveys)
            refresh_texts(self.connection, changed.union(one.file.photo_id for one in surveys))
            choose_best_scenes(self.connection, [one.file.photo_id for one in surveys])

    def record_groups(
        self,
        fingerprints: Mapping[str, Fingerprint],
        candidates: Iterable[str],
        groups: Sequence[PhotoGroup],
    ) -> None:
        """Record fingerprints of photos, and the groups of `candidates`."""
        with self._change():
            group_rows.record_fingerprints(self.connection, fingerprints)
            group_rows.record_groups(self.connection, candidates, groups)

    def record_contexts(self, updates: Sequence[ContextUpdate]) -> None:
        """Record what is said of photos by other sources than their own files."""
        if updates:
            with self._change():
                context_rows.record_contexts(self.connection, updates)
                refresh_texts(self.connection, [update.photo_id for update in updates])

    def record_collection(
        self, path: str, source: ContextSource, state: RecordedCollection
    ) -> None:
        """Record that a collection of photos was read, or why it could not be."""
        with self._change():
            collection_rows.record_collection(self.connection, path, source, state)

    def forget_collection(self, path: str) -> None:
        """Forget a collection that is gone; `path` is as the catalog writes it."""
        with self._change():
            collection_rows.forget_collection(self.connection, path)

    def record(self, outcome: Outcome, run_id: str | None) -> None:
        """Record what became of a photo or a scene."""
        self.record_all([outcome], run_id)

    def record_all(self, found: Sequence[Outcome], run_id: str | None) -> None:
        """Record what became of photos and scenes, all or none, and what is under way now."""
        settled = [one for one in found if not isinstance(one, UnderWay)]
        under_way = [one for one in found if isinstance(one, UnderWay)]
        with self._change() if settled else self.connection.begin():
            outcomes.record_all(self.connection, settled, run_id)
            if under_way:
                runs.set_under_way(self.connection, under_way[-1], run_id)

    def record_known(self, made: Iterable[ArtifactRecord], run_id: str) -> None:
        """Record files that were there already."""
        found = list(made)
        if found:
            with self._change():
                outcomes.record_artifacts(self.connection, found, run_id)

    def forget(self, made: Iterable[ArtifactRecord]) -> None:
        """Drop the rows of files that did not come to be."""
        with self.connection.begin():
            outcomes.forget_artifacts(self.connection, made)

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        """Hold one transaction that changes what the library is, and so its snapshot."""
        self.is_changed = True
        with self.connection.begin():
            yield
