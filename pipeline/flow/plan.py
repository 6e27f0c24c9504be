"""Scan minus catalog: what is due, what is unchanged, and what is skipped.

A plan is made without opening a file. Files that are new or changed are read, and so identified,
while the plan is carried out; only then is it known whether they are copies of a known photo.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.catalog.scan_state import RecordedPath, ScanState
from pipeline.catalog.text import path_text
from pipeline.flow.scene_id import scene_id_of
from pipeline.scan.identify import Identified, identify_all
from pipeline.scan.scan import PHOTO_SUFFIXES, FoundFile, Scan, scan
from pipeline.scan.size_rules import skip_by_size
from pipeline.store.root import LibraryRoot
from pipeline.work.stop import Stop
from schemas.errors import FailureReason, SkipReason
from schemas.records import MediaType, PhotoFile, PhotoState
from schemas.settings import IngestSettings, PhotoSettings

# Failures that lie in the circumstances: the next run tries again without being asked.
_PASSING = frozenset({FailureReason.DISK_FULL})


@dataclass(frozen=True, slots=True)
class DueRules:
    """Decides whether a photo is due, from what the catalog knows."""

    state: ScanState
    model_fingerprint: str
    settings: PhotoSettings
    retry_failed: bool = False

    def is_due(self, photo_id: str, media_type: str) -> bool:
        """Tell whether the photo lacks this scene, and nothing speaks against making it."""
        scene_id = scene_id_of(photo_id, media_type, self.model_fingerprint, self.settings)
        if scene_id in self.state.scene_ids:
            return False
        if self.skip_by_size(photo_id) is not None:
            return False
        reasons = {
            self.state.failures.get((photo_id, fingerprint))
            for fingerprint in (None, self.model_fingerprint)
        } - {None}
        return self.retry_failed or reasons <= _PASSING

    def skip_by_size(self, photo_id: str) -> SkipReason | None:
        """Return why a photo of known size is left alone, if it is."""
        photo = self.state.photos.get(photo_id)
        if photo is None or photo.width is None or photo.height is None:
            return None
        return skip_by_size(photo.width, photo.height, self.settings)


@dataclass(slots=True)
class Plan:
    """What a run has before it. The counts grow while new files are read."""

    rules: DueRules
    found: int
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    duplicates: int = 0
    unchanged: int = 0
    due: int = 0
    gone: list[str] = field(default_factory=list)  # paths whose files have disappeared
    back: list[str] = field(default_factory=list)  # paths whose files are there again
    # Paths that are left alone now, or no longer; their content is known.
    new_skips: list[tuple[str, SkipReason | None]] = field(default_factory=list)
    # In order: a known photo that is due, or a file that has to be read first.
    todo: list[PhotoFile | FoundFile] = field(default_factory=list)
    to_read: int = 0  # new files that may be photos, and were not read yet
    unread: set[str] = field(default_factory=set)  # paths that could not be read before
    _seen: set[str] = field(default_factory=set)

    @property
    def at_most(self) -> int:
        """How many photos are due if no file that is still to be read is a copy."""
        return self.due + self.to_read

    def add_new(self, file: FoundFile, known: RecordedPath | None) -> None:
        """Take in a file that has to be read."""
        self.todo.append(file)
        if file.skip is None:
            self.to_read += 1
        if known is not None and known.is_unread:
            self.unread.add(path_text(file.path))

    def add_known(self, file: FoundFile, known: RecordedPath) -> None:
        """Take in a file whose content the catalog knows."""
        kind = self.rules.state.photos[known.photo_id].media_type
        crashes = self.rules.state.crashes.get(known.photo_id, 0)
        photo = PhotoFile(
            known.photo_id, file.path, file.size, file.mtime_ns, MediaType(kind), crashes
        )
        if self._is_first_and_due(photo):
            self.todo.append(photo)

    def due_photos(self, on_new: Callable[[Identified], None], stop: Stop) -> Iterator[Identified]:
        """Yield what is due, in order; a file that cannot be read comes with its error.

        `on_new` is told of each file that is new or changed, before it is yielded. Ends early
        when `stop` is asked.
        """
        new = identify_all(item for item in self.todo if isinstance(item, FoundFile))
        for item in self.todo:
            if stop.is_asked:
                return
            if isinstance(item, PhotoFile):
                yield Identified(item)
                continue
            identified = next(new)
            if item.skip is None:
                self.to_read -= 1
            if identified.error is not None and self._is_old_news(item):
                self.unchanged += 1
                continue
            on_new(identified)
            if identified.skip is None and self._is_first_and_due(identified.photo):
                yield identified

    def _is_old_news(self, file: FoundFile) -> bool:
        """Tell whether the file could not be read before either, and none asks to try again."""
        return path_text(file.path) in self.unread and not self.rules.retry_failed

    def _is_first_and_due(self, photo: PhotoFile) -> bool:
        """Count the photo, and tell whether it is to be made."""
        if photo.photo_id in self._seen:
            self.duplicates += 1
            return False
        self._seen.add(photo.photo_id)
        if self.rules.is_due(photo.photo_id, photo.media_type):
            self.due += 1
            return True
        reason = self.rules.skip_by_size(photo.photo_id)
        known = self.rules.state.photos[photo.photo_id]
        if reason is not None and known.state == PhotoState.SKIPPED:
            self.skipped[reason] += 1
        else:
            self.unchanged += 1
        return False


def plan_ingest(
    sources: Sequence[Path],
    library: LibraryRoot,
    settings: IngestSettings,
    model_fingerprint: str,
    state: ScanState,
    paths: dict[str, RecordedPath],
) -> tuple[Scan, Plan]:
    """Scan the sources and plan their ingest, for a run and for its dry run alike.

    Raises UsageError if a source is missing.
    """
    found = scan(sources, settings.exclude, library, settings.include)
    rules = DueRules(state, model_fingerprint, settings.photo, settings.retry_failed)
    return found, make_plan(found, sources, paths, rules)


def make_plan(
    found: Scan, sources: Sequence[Path], paths: dict[str, RecordedPath], rules: DueRules
) -> Plan:
    """Sort the files of a scan by what the catalog knows of them. Opens no file."""
    plan = Plan(rules, found=len(found.files))
    unseen = _below(paths, sources, found.unreadable_folders)
    for file in found.files:
        text = path_text(file.path)
        unseen.discard(text)
        known = paths.get(text)
        if known is not None and known.is_missing:
            plan.back.append(text)
        if file.skip is not None:
            plan.skipped[file.skip] += 1
            if not _belongs_in_catalog(file):
                continue
        if known is None or not _is_same(file, known):
            plan.add_new(file, known)
            continue
        if file.skip != known.skip_reason:
            plan.new_skips.append((text, file.skip))
        if file.skip is None:
            plan.add_known(file, known)
    # Those that took a worker down with them come last: the others are safe by then.
    plan.todo.sort(key=lambda item: isinstance(item, PhotoFile) and item.crashes > 0)
    plan.gone.extend(sorted(path for path in unseen if not paths[path].is_missing))
    return plan


def _is_same(file: FoundFile, known: RecordedPath) -> bool:
    return (file.size, file.mtime_ns) == known[:2] and not known.is_unread


def _belongs_in_catalog(file: FoundFile) -> bool:
    """Tell whether a file that is left alone is recorded: image files are, others only counted."""
    return Path(file.path).suffix.lower() in PHOTO_SUFFIXES


def _below(
    paths: dict[str, RecordedPath], sources: Sequence[Path], unreadable: Sequence[str]
) -> set[str]:
    """Return the known paths below the sources, but for folders that could not be looked into."""
    roots = tuple(path_text(os.path.realpath(source)) for source in sources)
    inside = tuple(f"{root.rstrip('/')}/" for root in roots)
    unknown = {path_text(folder) for folder in unreadable}  # a file's own stat may fail too
    blind = tuple(f"{folder}/" for folder in unknown)
    return {
        path
        for path in paths
        if (path.startswith(inside) or path in roots)
        and not path.startswith(blind)
        and path not in unknown
    }
