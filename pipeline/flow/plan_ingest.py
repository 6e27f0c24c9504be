"""Scan minus catalog: the plan of an ingest, made without opening a file.

Both come in the order of paths, so that one is compared with the other as they go: a plan holds
what is new, due or changed, and of known photos only those that have several paths.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import Connection

from pipeline.catalog.collection_rows import read_collections
from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.merits import read_merits
from pipeline.catalog.scan_state import RecordedPath, ScanState
from pipeline.flow.collections import Collections
from pipeline.flow.context_changes import ContextChanges
from pipeline.flow.due_rules import DueRules
from pipeline.flow.live_paths import LivePaths
from pipeline.flow.plan import Item, Plan
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.name_rules import PHOTO_SUFFIXES, skip_by_name
from pipeline.scan.scan import FoundFile, Walk
from pipeline.store.root import LibraryRoot
from schemas.path_text import path_text
from schemas.records import PhotoFile
from schemas.settings import IngestSettings, PhotoSettings
from schemas.user_focals import FocalChange, UserFocalSource


def focal_change_of(settings: PhotoSettings, source: UserFocalSource) -> FocalChange:
    """Return what a run with these settings changes of the focal lengths that are set."""
    return FocalChange.asked_for(settings.focal_35mm, source, forget=settings.forget_focal)


def plan_ingest(
    sources: Sequence[Path],
    library: LibraryRoot,
    settings: IngestSettings,
    model_fingerprint: str,
    catalog: Connection | None,
    focal_change: FocalChange,
) -> tuple[Walk, Plan]:
    """Scan the sources and plan their ingest, for a run and for its dry run alike.

    Without a catalog, every photo is new. Raises UsageError if a source is missing.
    """
    walk = Walk(sources, settings.exclude, library, settings.include)
    area = ScannedArea(sources, walk.unreadable_folders)
    state = ScanState(catalog)
    rules = DueRules(state, model_fingerprint, settings.photo, settings.retry_failed, focal_change)
    live = LivePaths(state, area)
    with nullcontext() if catalog is None else catalog.begin():
        recorded = {} if catalog is None else read_collections(catalog)
        todo: list[Item] = []
        collections = Collections(recorded, area, partial(_photos_below, sources, live, todo))
        plan = Plan(
            rules,
            ContextChanges(state, area),
            collections,
            live,
            todo=todo,
            one_per_group=settings.one_per_group,
        )
        _Comparison(plan, walk, state, area).run()
    due = [item.photo_id for item in plan.todo if isinstance(item, PhotoFile)]
    plan.put_best_first({} if catalog is None or not due else read_merits(catalog, due))
    return walk, plan


class _Match(NamedTuple):
    """A file of the scan, and what its path was recorded of."""

    file: FoundFile
    recorded: RecordedPath | None


class _Comparison:
    """Goes through the files of a scan and the paths of a catalog, which have the same order.

    What is decided by one path is decided at once, and forgotten if there is nothing to do. Photos
    that have several paths wait for the last one.
    """

    def __init__(self, plan: Plan, walk: Walk, state: ScanState, area: ScannedArea) -> None:
        self._plan = plan
        self._walk = walk
        self._state = state
        self._area = area
        self._copied = state.copied()
        self._copies: dict[str, list[FoundFile]] = {}  # their files, as the scan comes to them

    def run(self) -> None:
        """Fill the plan."""
        for some in in_groups(self._matches()):
            self._compare(some)
        gone = self._plan.live_paths.gone
        # Folders that cannot be read were found on the way.
        gone.difference_update([path for path in gone if not self._area.covers(path)])
        for copies in in_groups(self._copies.items()):
            self._state.load(photo_id for photo_id, _ in copies)
            for photo_id, files in copies:
                for file in files:
                    self._plan.context.add(photo_id, file.path, file.context)
            self._add_recorded(copies)

    def _matches(self) -> Iterator[_Match]:
        """Yield the files with what is recorded of their paths; note those that are gone."""
        for root in self._walk.roots():
            recorded = self._state.paths_of_root(root.path, is_folder=root.is_folder)
            known, is_found = next(recorded, None), False
            root_text = path_text(root.path)
            for file in root.files:
                text = path_text(file.path)
                while known is not None and known.path < text:
                    if not is_found:
                        self._note_gone(known, root_text)
                    known, is_found = next(recorded, None), False
                is_found = known is not None and known.path == text
                yield _Match(file, known if is_found else None)
            while known is not None:
                if not is_found:
                    self._note_gone(known, root_text)
                known, is_found = next(recorded, None), False

    def _note_gone(self, recorded: RecordedPath, root: str) -> None:
        if not recorded.is_missing and not self._walk.is_apart(recorded.path, root):
            self._plan.live_paths.gone.add(recorded.path)

    def _compare(self, matches: Sequence[_Match]) -> None:
        plan = self._plan
        photo_ids = {one.recorded.photo_id for one in matches if one.recorded is not None}
        self._state.load(photo_ids)
        single: dict[str, list[FoundFile]] = {}
        for file, recorded in matches:
            plan.found += 1
            plan.collections.add(file)
            if recorded is not None and recorded.is_missing:
                plan.live_paths.back.add(recorded.path)
            if file.skip is not None:
                plan.skipped[file.skip] += 1
                if not _belongs_in_catalog(file):
                    continue
            if recorded is None or not self._is_same(file, recorded):
                plan.add_new(file, recorded)
                continue
            if file.skip != recorded.skip_reason:
                plan.live_paths.skips[recorded.path] = file.skip
            photo_id = recorded.photo_id
            # Skipped paths count as well: a run of other paths must not take their sidecars away.
            if photo_id in self._copied:
                self._copies.setdefault(photo_id, []).append(file)
            else:
                plan.context.add(photo_id, file.path, file.context)
                single.setdefault(photo_id, []).append(file)
        self._add_recorded(single.items())
        self._state.forget(photo_ids - single.keys())

    def _add_recorded(self, photos: Iterable[tuple[str, Sequence[FoundFile]]]) -> None:
        """Add recorded photos by their files, and forget those for which there is nothing to do."""
        done: list[str] = []
        for photo_id, files in photos:
            taken = [file for file in files if file.skip is None]
            if not taken or not self._plan.add_recorded(photo_id, taken[0], len(taken) - 1):
                done.append(photo_id)
        self._state.forget(done)
        self._plan.context.forget(done)

    def _is_same(self, file: FoundFile, recorded: RecordedPath) -> bool:
        is_as_before = (file.size, file.mtime_ns) == (recorded.size, recorded.mtime_ns)
        return is_as_before and not self._state.is_unread(recorded.photo_id)


def _belongs_in_catalog(file: FoundFile) -> bool:
    """Tell whether a file that is skipped is recorded: image files are, others only counted."""
    suffix = os.path.splitext(file.path)[1]  # noqa: PTH122 - quick, for each sidecar
    return suffix.lower() in PHOTO_SUFFIXES


def _photos_below(
    sources: Sequence[Path], live: LivePaths, todo: Sequence[Item], folder: str | None
) -> list[str]:
    """Return the sorted paths of the scan's files that may be photos: below a folder, or all."""
    roots = [os.path.realpath(source) for source in sources] if folder is None else [folder]
    found = {path for root in roots for path in live.photos_below(root)}
    new = (item.path for item in todo if isinstance(item, FoundFile))
    found.update(
        path
        for path in new
        if skip_by_name(path.rpartition("/")[2]) is None
        and (folder is None or path.startswith(f"{folder}/"))
    )
    return sorted(found)
