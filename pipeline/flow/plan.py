"""Scan minus catalog: what is due, what is unchanged, and what is skipped.

A plan is made without opening a file. While it is carried out, files that are new or changed are
read, and so identified: only then is it known whether they are copies of a recorded photo. Photos
beside which a sidecar changed are read again for their metadata: only then is it known whether
their focal length changed, and with it their scene.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import Connection

from pipeline.catalog.scan_state import (
    RecordedPath,
    ScanState,
    read_found_at,
    read_recorded_paths,
    read_scan_state,
)
from pipeline.catalog.text import path_text
from pipeline.flow.context_changes import ContextChanges
from pipeline.flow.due_rules import DueRules
from pipeline.flow.reread import reread_metadata
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.identify import Identified, identify_all
from pipeline.scan.name_rules import PHOTO_SUFFIXES
from pipeline.scan.read_ahead import read_ahead
from pipeline.scan.scan import FoundFile, Scan, scan
from pipeline.store.root import LibraryRoot
from pipeline.work.stop import Stop
from schemas.errors import SkipReason
from schemas.outcomes import RereadMetadata
from schemas.records import MediaType, PhotoFile, PhotoState
from schemas.settings import IngestSettings, PhotoSettings
from schemas.user_focals import FocalChange, UserFocalSource, set_focal_35mm


class ToReread(NamedTuple):
    """A recorded photo beside which a file changed."""

    photo: PhotoFile


@dataclass(slots=True)
class Plan:
    """What a run has to do. The counts grow while files are read."""

    rules: DueRules
    context: ContextChanges
    found: int
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    duplicates: int = 0
    unchanged: int = 0
    due: int = 0
    gone: list[str] = field(default_factory=list)  # paths whose files have disappeared
    back: list[str] = field(default_factory=list)  # paths whose files are there again
    # Paths that are skipped now, or no longer; their content is recorded.
    new_skips: list[tuple[str, SkipReason | None]] = field(default_factory=list)
    # Recorded photos whose focal length this run sets or takes back.
    focal_changes: list[str] = field(default_factory=list)
    # In order: a recorded photo that is due, or a file or photo that has to be read first.
    todo: list[PhotoFile | FoundFile | ToReread] = field(default_factory=list)
    to_read: int = 0  # files and photos that may be due once they are read
    unread: set[str] = field(default_factory=set)  # paths that could not be read before
    _seen: set[str] = field(default_factory=set)

    @property
    def at_most(self) -> int:
        """How many photos are due if each one that is still to be read is due."""
        return self.due + self.to_read

    def add_new(self, file: FoundFile, recorded: RecordedPath | None) -> None:
        """Add a file that has to be read."""
        self.todo.append(file)
        if file.skip is None:
            self.to_read += 1
        if recorded is not None and recorded.is_unread:
            self.unread.add(path_text(file.path))

    def add_recorded(self, file: FoundFile, recorded: RecordedPath) -> None:
        """Add a file whose content the catalog has recorded."""
        photo_id = recorded.photo_id
        if not self._is_first(photo_id):
            return
        if self.rules.changes_focal(photo_id):
            self.focal_changes.append(photo_id)
        kind = self.rules.state.photos[photo_id].media_type
        photo = PhotoFile(photo_id, file.path, file.size, file.mtime_ns, MediaType(kind))
        if self._has_changed_context(photo_id):
            self.todo.append(ToReread(self._completed(photo)))
            self.to_read += 1
        elif self._is_due(photo):
            self.todo.append(self._completed(photo))

    def due_photos(
        self,
        on_new: Callable[[Identified], None],
        on_reread: Callable[[RereadMetadata], None],
        stop: Stop,
    ) -> Iterator[Identified]:
        """Yield what is due, in order; a file that cannot be read comes with its error.

        `on_new` is told of each file that is new or changed, and `on_reread` of each photo whose
        metadata was read again, before it is yielded. Ends early when `stop` is asked.
        """
        new = identify_all(item for item in self.todo if isinstance(item, FoundFile))
        reread = read_ahead(
            self._reread, (item.photo for item in self.todo if isinstance(item, ToReread))
        )
        for item in self.todo:
            if stop.is_asked:
                return
            match item:
                case PhotoFile():
                    yield Identified(item)
                case ToReread(photo):
                    self.to_read -= 1
                    self._note(next(reread), on_reread)
                    if self._is_due(photo):
                        yield Identified(photo)
                case FoundFile():
                    identified = next(new)
                    self.to_read -= item.skip is None
                    yield from self._due_of_new(identified, on_new, on_reread)

    def _due_of_new(
        self,
        identified: Identified,
        on_new: Callable[[Identified], None],
        on_reread: Callable[[RereadMetadata], None],
    ) -> Iterator[Identified]:
        """Yield a file that was just read, where it is the first of a photo that is due."""
        photo = identified.photo
        if identified.error is not None and self._is_unread_as_before(photo):
            self.unchanged += 1
            return
        on_new(identified)
        if identified.skip is not None or not self._is_first(photo.photo_id):
            return
        # Where the photo is recorded, its file was moved or copied, perhaps with a sidecar.
        self.context.add(photo.photo_id, photo.path, photo.context)
        photo = self._completed(photo)
        if self._has_changed_context(photo.photo_id):
            self._note(self._reread(photo), on_reread)
        if self._is_due(photo):
            yield replace(identified, photo=photo)

    def _is_unread_as_before(self, photo: PhotoFile) -> bool:
        """Tell whether the file could not be read before either, and no retry is asked for."""
        return path_text(photo.path) in self.unread and not self.rules.retry_failed

    def _is_first(self, photo_id: str) -> bool:
        """Tell whether this is the photo's first file in this run; count the others."""
        if photo_id in self._seen:
            self.duplicates += 1
            return False
        self._seen.add(photo_id)
        return True

    def _is_due(self, photo: PhotoFile) -> bool:
        """Count the photo, and tell whether it is due."""
        if self.rules.is_due(photo.photo_id, photo.media_type):
            self.due += 1
            return True
        reason = self.rules.skip_by_size(photo.photo_id)
        recorded = self.rules.state.photos[photo.photo_id]
        if reason is not None and recorded.state == PhotoState.SKIPPED:
            self.skipped[reason] += 1
        else:
            self.unchanged += 1
        return False

    def _has_changed_context(self, photo_id: str) -> bool:
        """Tell whether the photo's metadata was read, and has to be read again."""
        return self.rules.state.has_metadata(photo_id) and self.context.is_changed(photo_id)

    def _completed(self, photo: PhotoFile) -> PhotoFile:
        """Return the photo with what the catalog and the scan know beside its file."""
        return replace(
            photo,
            crashes=self.rules.state.crashes.get(photo.photo_id, 0),
            set_focal_35mm=set_focal_35mm(self.rules.user_focals(photo.photo_id)),
            context=self.context.of(photo.photo_id),
        )

    def _reread(self, photo: PhotoFile) -> RereadMetadata | None:
        recorded = self.rules.state.photos[photo.photo_id]
        return reread_metadata(photo, recorded.width, recorded.height)

    def _note(
        self, reread: RereadMetadata | None, on_reread: Callable[[RereadMetadata], None]
    ) -> None:
        """Take new metadata into account; what cannot be read now is left for the next run."""
        if reread is not None:
            self.rules.note_reread(reread)
            on_reread(reread)


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
    context = _find_context(found, paths, state, area)
    new_to_catalog = [id_ for id_ in context.never_recorded() if state.has_metadata(id_)]
    if catalog is not None and new_to_catalog:
        context.accept(read_found_at(catalog, new_to_catalog))
    rules = DueRules(state, model_fingerprint, settings.photo, settings.retry_failed, focal_change)
    plan = Plan(rules, context, found=len(found.files))
    _sort_files(plan, found, paths, area)
    return found, plan


def _find_context(
    found: Scan, paths: dict[str, RecordedPath], state: ScanState, area: ScannedArea
) -> ContextChanges:
    """Compare the files beside recorded photos with those that their metadata was read from."""
    context = ContextChanges(state.context, area)
    if state.context or any(file.context for file in found.files):
        for file in found.files:
            recorded = paths.get(path_text(file.path))
            if file.skip is None and recorded is not None and _is_same(file, recorded):
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
    # Those that took a worker down with them come last: the others are safe by then.
    plan.todo.sort(key=lambda item: isinstance(item, PhotoFile) and item.crashes > 0)
    plan.gone.extend(sorted(path for path in unseen if not paths[path].is_missing))


def _is_same(file: FoundFile, recorded: RecordedPath) -> bool:
    return (file.size, file.mtime_ns) == recorded[:2] and not recorded.is_unread


def _belongs_in_catalog(file: FoundFile) -> bool:
    """Tell whether a file that is skipped is recorded: image files are, others only counted."""
    return Path(file.path).suffix.lower() in PHOTO_SUFFIXES
