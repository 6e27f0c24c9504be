"""What a run has to do: photos that are due, and files that have to be read to know.

A plan is made without opening a file (`plan_ingest`). While it is carried out, files that are new
or changed are read, and so identified: only then is it known whether they are copies of a recorded
photo. Photos beside which a sidecar changed are read again for their metadata: only then is it
known whether their focal length changed, and with it their scene.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pipeline.catalog.scan_state import RecordedPath
from pipeline.catalog.text import path_text
from pipeline.flow.context_changes import ContextChanges
from pipeline.flow.due_rules import DueRules
from pipeline.flow.reread import reread_metadata
from pipeline.scan.identify import Identified, identify_all
from pipeline.scan.read_ahead import read_ahead
from pipeline.scan.scan import FoundFile
from pipeline.work.stop import Stop
from schemas.outcomes import RereadMetadata
from schemas.reasons import SkipReason
from schemas.records import MediaType, PhotoFile, PhotoState
from schemas.user_focals import set_focal_35mm


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
