"""Scan minus catalog: the plan of an ingest, made without opening a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import Connection

from pipeline.catalog.merits import read_merits
from pipeline.catalog.scan_state import (
    RecordedPath,
    ScanState,
    read_recorded_paths,
    read_scan_state,
)
from pipeline.catalog.text import path_text
from pipeline.flow.collections import find_collections
from pipeline.flow.context_changes import ContextChanges
from pipeline.flow.due_rules import DueRules
from pipeline.flow.live_paths import LivePaths
from pipeline.flow.plan import Plan
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.name_rules import PHOTO_SUFFIXES
from pipeline.scan.scan import FoundFile, Scan, scan
from pipeline.store.root import LibraryRoot
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
) -> tuple[Scan, Plan]:
    """Scan the sources and plan their ingest, for a run and for its dry run alike.

    Without a catalog, every photo is new. Raises UsageError if a source is missing.
    """
    found = scan(sources, settings.exclude, library, settings.include)
    area = ScannedArea(sources, found.unreadable_folders)
    state = ScanState() if catalog is None else read_scan_state(catalog)
    paths = {} if catalog is None else read_recorded_paths(catalog)
    gone: list[str] = []
    rules = DueRules(state, model_fingerprint, settings.photo, settings.retry_failed, focal_change)
    plan = Plan(
        rules,
        _find_context(found, paths, state, area),
        find_collections(found.files, state.collections, area),
        LivePaths(paths, gone),
        found=len(found.files),
        gone=gone,
        one_per_group=settings.one_per_group,
    )
    _sort_files(plan, found, paths, area)
    due = [item.photo_id for item in plan.todo if isinstance(item, PhotoFile)]
    plan.put_best_first({} if catalog is None or not due else read_merits(catalog, due))
    return found, plan


def _find_context(
    found: Scan, paths: dict[str, RecordedPath], state: ScanState, area: ScannedArea
) -> ContextChanges:
    """Compare the files beside recorded photos with those that their metadata was read from."""
    context = ContextChanges(state.context, area)
    if state.context or any(file.context for file in found.files):
        for file in found.files:
            recorded = paths.get(path_text(file.path))
            # Skipped paths count as well: a run of other paths must not take their sidecars away.
            if recorded is not None and _is_same(file, recorded):
                context.add(recorded.photo_id, file.path, file.context)
    return context


def _sort_files(plan: Plan, found: Scan, paths: dict[str, RecordedPath], area: ScannedArea) -> None:
    """Sort the files of a scan by what the catalog has recorded of them."""
    unseen = {path for path in paths if area.covers(path)}
    for file in found.files:
        text = path_text(file.path)
        unseen.discard(text)
        recorded = paths.get(text)
        if recorded is not None and recorded.is_missing:
            plan.back.append(text)
        if file.skip is not None:
            plan.skipped[file.skip] += 1
            if not _belongs_in_catalog(file):
                continue
        if recorded is None or not _is_same(file, recorded):
            plan.add_new(file, recorded)
            continue
        if file.skip != recorded.skip_reason:
            plan.new_skips.append((text, file.skip))
        if file.skip is None:
            plan.add_recorded(file, recorded)
    plan.gone.extend(sorted(path for path in unseen if not paths[path].is_missing))


def _is_same(file: FoundFile, recorded: RecordedPath) -> bool:
    return (file.size, file.mtime_ns) == recorded[:2] and not recorded.is_unread


def _belongs_in_catalog(file: FoundFile) -> bool:
    """Tell whether a file that is skipped is recorded: image files are, others only counted."""
    suffix = os.path.splitext(file.path)[1]  # noqa: PTH122 - quick, for each sidecar
    return suffix.lower() in PHOTO_SUFFIXES
