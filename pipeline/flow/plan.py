"""What a run has to do: photos that are due, and files that have to be read to know.

A plan is made without opening a photo (`plan_ingest`). While it is carried out, some dozens of
items at a time:

1. files that are new or changed are read, and so identified: only then is it known whether they
   are copies of a recorded photo. Photos beside which a file changed are read again;
2. what was found is recorded: metadata and context;
3. photos of one moment are grouped;
4. of the photos that lack their scene, those that the run's filters select are due now, but for
   those for which another one of their group stands: they come last, or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import NamedTuple

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.scan_state import RecordedPath
from pipeline.flow.collections import Collections
from pipeline.flow.context_changes import ContextChanges
from pipeline.flow.due_rules import DueRules
from pipeline.flow.live_paths import LivePaths
from pipeline.flow.moments import ShotIndex, group_photos
from pipeline.flow.plan_record import PlanRecord
from pipeline.flow.read_photos import NewFile, read_again, read_new
from pipeline.flow.survey import PhotoReading, said_by_folders, surveyed
from pipeline.scan.identify import Identified
from pipeline.scan.read_ahead import read_ahead
from pipeline.scan.scan import FoundFile
from pipeline.work.stop import Stop
from schemas.context import Said
from schemas.outcomes import Surveyed
from schemas.path_text import path_text
from schemas.records import MediaType, PhotoFile, PhotoState
from schemas.user_focals import set_focal_35mm

_ITEMS_AT_ONCE = 500
_READ_AT_ONCE = 64


class ToReread(NamedTuple):
    """A recorded photo whose metadata has to be read again."""

    photo: PhotoFile


Item = PhotoFile | FoundFile | ToReread


@dataclass(slots=True)
class Plan:
    """What a run has to do. The counts grow while files are read."""

    rules: DueRules
    context: ContextChanges
    collections: Collections
    live_paths: LivePaths
    found: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    duplicates: int = 0
    unchanged: int = 0
    due: int = 0
    not_selected: int = 0  # photos that lack a scene, and that the filters leave for later
    one_per_group: bool = False
    represented: int = 0  # photos that lack a scene, and for which another of their group stands
    metadata_updated: int = 0  # photos of which a file beside them, or a collection, says other
    # Recorded photos whose focal length this run sets or takes back.
    focal_changes: list[str] = field(default_factory=list)
    # In order: a recorded photo that is due, or a file or photo that has to be read first.
    todo: list[Item] = field(default_factory=list)
    to_read: int = 0  # files and photos that may be due once they are read
    unread: set[str] = field(default_factory=set)  # paths that could not be read before
    _seen: set[str] = field(default_factory=set)  # photo_ids, but for those with nothing to do
    _left: set[str] = field(default_factory=set)  # photo_ids that the filters do not select
    _regrouped: set[str] = field(default_factory=set)  # photo_ids whose groups are looked at again
    _shots: ShotIndex = field(init=False)

    def __post_init__(self) -> None:
        self._shots = ShotIndex(self.live_paths.scanned_in)

    @property
    def at_most(self) -> int:
        """How many photos are due if each one that is still to be read is due."""
        return self.due + self.to_read

    def add_new(self, file: FoundFile, recorded: RecordedPath | None) -> None:
        """Add a file that has to be read; the photo that its path was recorded of is loaded."""
        self.todo.append(file)
        if file.skip is None:
            self.to_read += 1
        if recorded is not None:
            self.live_paths.changed.add(recorded.path)
            if self.rules.state.is_unread(recorded.photo_id):
                self.unread.add(recorded.path)

    def add_recorded(self, photo_id: str, file: FoundFile, copies: int) -> bool:
        """Add a recorded photo by the first of its files, with the number of the others.

        Its state is loaded, and what is beside all of its files is known. Returns whether there is
        anything to do for it, for which these have to be kept.
        """
        self.duplicates += copies
        recorded = self.rules.state.get(photo_id)
        assert recorded is not None
        if self.rules.changes_focal(photo_id):
            self.focal_changes.append(photo_id)
        kind = MediaType(recorded.media_type)
        photo = PhotoFile(photo_id, file.path, file.size, file.mtime_ns, kind)
        if not recorded.has_metadata or self._has_changed_context(photo_id):
            self.todo.append(ToReread(self._completed(photo)))
            self.to_read += 1
        elif self._lacks_scene(photo):
            self.due += 1
            self.todo.append(self._completed(photo))
        else:
            return False
        self._seen.add(photo_id)
        return True

    def add_changed(self, photo_ids: Collection[str]) -> None:
        """Add recorded photos of which collections say something else now: their groups may too."""
        self.metadata_updated += len(photo_ids)
        self._regrouped.update(photo_ids)

    def put_best_first(self, merits: Mapping[str, float]) -> None:
        """Order the photos that are due by their merit; what is not known has a merit of 0.

        Those that took a worker down with them come last: the others are safe by then.
        """

        def place(item: Item) -> tuple[bool, float]:
            if not isinstance(item, PhotoFile):
                return False, 0.0
            return item.crashes > 0, -merits.get(item.photo_id, 0.0)

        self.todo.sort(key=place)

    def due_photos(self, record: PlanRecord, stop: Stop) -> Iterator[Identified]:
        """Yield what is due, in order; a file that cannot be read comes with its error.

        `record` keeps what was found, and selects, before a photo is yielded. Ends early when
        `stop` is asked.
        """
        new = read_ahead(read_new, (item for item in self.todo if isinstance(item, FoundFile)))
        again = read_ahead(
            read_again, (item.photo for item in self.todo if isinstance(item, ToReread))
        )
        last: list[Identified] = []
        self._regroup(record)
        for items in takewhile(lambda _: not stop.is_asked, _some_at_a_time(self.todo)):
            first, others = self._by_group(self._due_of(items, new, again, record), record)
            last += others
            yield from takewhile(lambda _: not stop.is_asked, first)
        yield from takewhile(lambda _: not stop.is_asked, self._of_groups(last, record))

    def _regroup(self, record: PlanRecord) -> None:
        for ids in in_groups(self._regrouped):
            changed = self.live_paths.scanned_open(ids)
            group_photos([(one.path, one.photo_id) for one in changed], self._shots, record)

    def _by_group(
        self, due: Sequence[Identified], record: PlanRecord
    ) -> tuple[list[Identified], list[Identified]]:
        """Return what is due now, and those for which another one of their group stands."""
        ids = [one.photo.photo_id for one in due if one.error is None]
        represented = record.represented(ids) if ids else ()
        first = [one for one in due if one.photo.photo_id not in represented]
        others = [one for one in due if one.photo.photo_id in represented]
        if self.one_per_group:
            self.due -= len(others)
            self.represented += len(others)
        return first, others

    def _of_groups(self, last: Sequence[Identified], record: PlanRecord) -> Iterator[Identified]:
        """Yield what comes last: of groups with one scene only those that still lack it."""
        if not self.one_per_group:
            yield from last
            return
        represented = record.represented([one.photo.photo_id for one in last])
        for one in last:
            if one.photo.photo_id not in represented:
                self.due += 1
                self.represented -= 1
                yield one

    def _due_of(
        self,
        items: Sequence[Item],
        new: Iterator[NewFile],
        again: Iterator[PhotoReading | None],
        record: PlanRecord,
    ) -> list[Identified]:
        """Read and record some items; return what is due of them."""
        added: list[Identified] = []
        readings: list[PhotoReading] = []
        candidates: list[Identified | PhotoFile] = []  # the latter are counted as due already
        just_read = [next(new) for item in items if isinstance(item, FoundFile)]
        self._recall(one.identified.photo.photo_id for one in just_read)
        rest = iter(just_read)
        for item in items:
            match item:
                case PhotoFile():
                    candidates.append(item)
                case ToReread(photo):
                    self.to_read -= 1
                    reading = next(again)
                    now = self._completed(photo)
                    if reading is not None and {*now.context} != {*photo.context}:
                        reading = read_again(now)  # a copy was read since, with a file beside it
                    if reading is not None:  # what cannot be read now is left for the next run
                        readings.append(reading)
                    candidates.append(Identified(photo))
                case FoundFile():
                    self.to_read -= item.skip is None
                    self._take_new(next(rest), added, readings, candidates)
        surveys = self._surveys(readings, record)
        record.add(added, surveys)
        read = [(reading.photo.path, reading.photo.photo_id) for reading in readings]
        group_photos(read, self._shots, record)
        due = [
            Identified(one) if isinstance(one, PhotoFile) else one
            for one in candidates
            if isinstance(one, PhotoFile) or self._is_due(one)
        ]
        # Files beside copies that came after them belong to them too.
        whole = [replace(one, photo=self._completed(one.photo)) for one in due]
        return self._selected(whole, record)

    def _recall(self, photo_ids: Iterable[str]) -> None:
        """Load photos of which files were read, as the comparison with the scan has left them."""
        loaded = self.rules.state.load(photo_ids)
        for one in self.live_paths.scanned(loaded):
            self.context.add_unchanged(one.photo_id)
            if self.live_paths.is_open(one):
                self._seen.add(one.photo_id)

    def _take_new(
        self,
        new: NewFile,
        added: list[Identified],
        readings: list[PhotoReading],
        candidates: list[Identified | PhotoFile],
    ) -> None:
        """Sort in a file that was just read."""
        identified, reading = new
        photo = identified.photo
        if identified.error is not None and self._is_unread_as_before(photo):
            self.unchanged += 1
            return
        added.append(identified)
        if identified.error is None:
            self.live_paths.add(photo.photo_id, photo.path)
        if identified.skip is not None:
            return
        is_first = self._is_first(photo.photo_id)
        # The photo may be recorded, or have copies: with a sidecar, and in an album of their own.
        self.context.add(photo.photo_id, photo.path, photo.context)
        photo = self._completed(photo)
        if reading is not None and {*photo.context} != {*identified.photo.context}:
            reading = read_again(photo)
        if reading is not None:
            readings.append(replace(reading, photo=photo))
        if not is_first and photo.photo_id not in self._left:
            return
        if not is_first:  # what is beside its copy may select it
            self._left.remove(photo.photo_id)
            self.not_selected -= 1
        candidates.append(replace(identified, photo=photo))

    def _surveys(self, readings: Sequence[PhotoReading], record: PlanRecord) -> list[Surveyed]:
        state = self.rules.state
        self.live_paths.load(reading.photo.photo_id for reading in readings)
        latest = {reading.photo.photo_id: reading for reading in readings}  # of copies, the last
        recorded = [photo_id for photo_id in latest if state.get(photo_id) is not None]
        before = record.said_before(recorded) if recorded else {}
        surveys = [self._survey(reading, before) for reading in latest.values()]
        for survey in surveys:
            photo_id = survey.file.photo_id
            if state.get(photo_id) is not None:
                self.rules.note_survey(survey)
                self.metadata_updated += self._has_changed_context(photo_id)
        return surveys

    def _survey(self, reading: PhotoReading, before: Mapping[str, Sequence[Said]]) -> Surveyed:
        photo_id = reading.photo.photo_id
        recorded = self.rules.state.get(photo_id)
        paths = self.live_paths.of(photo_id)
        is_new = recorded is None or self.live_paths.has_new(photo_id)
        said, asked = self.collections.said_of(paths, only_if_read=not is_new)
        kept = (
            one
            for one in before.get(photo_id, ())
            if one.origin in self.collections.recorded and one.origin not in asked
        )
        others = [*said_by_folders(paths), *said, *kept]
        size = (recorded.width, recorded.height) if recorded is not None else (None, None)
        return surveyed(reading, others, *size)

    def _selected(self, due: Sequence[Identified], record: PlanRecord) -> list[Identified]:
        """Return those that are due in this run; count the others."""
        ids = [one.photo.photo_id for one in due if one.error is None]
        selected = record.selected(ids) if ids else ()
        chosen = [one for one in due if one.error is not None or one.photo.photo_id in selected]
        self._left.update({*ids} - {*selected})
        self.due -= len(due) - len(chosen)
        self.not_selected += len(due) - len(chosen)
        return chosen

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

    def _is_due(self, one: Identified) -> bool:
        """Count the photo, and tell whether it is due, if it is selected."""
        is_due = self._lacks_scene(one.photo)
        self.due += is_due
        return is_due

    def _lacks_scene(self, photo: PhotoFile) -> bool:
        """Tell whether the photo lacks its scene; count it where it does not."""
        if self.rules.is_due(photo.photo_id, photo.media_type):
            return True
        reason = self.rules.skip_of(photo.photo_id)
        recorded = self.rules.state.get(photo.photo_id)
        is_skipped = recorded is not None and recorded.state == PhotoState.SKIPPED
        if reason is not None and is_skipped:
            self.skipped[reason] += 1
        else:
            self.unchanged += 1
        return False

    def _has_changed_context(self, photo_id: str) -> bool:
        return self.context.is_changed(photo_id)

    def _completed(self, photo: PhotoFile) -> PhotoFile:
        """Return the photo with what the catalog and the scan know beside its file."""
        recorded = self.rules.state.get(photo.photo_id)
        return replace(
            photo,
            crashes=0 if recorded is None else recorded.crashes,
            set_focal_35mm=set_focal_35mm(self.rules.user_focals(photo.photo_id)),
            context=self.context.of(photo.photo_id),
        )


def _some_at_a_time(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Yield the items in order; only a few that have to be read at a time."""
    some: list[Item] = []
    to_read = 0
    for item in items:
        some.append(item)
        to_read += not isinstance(item, PhotoFile)
        if len(some) == _ITEMS_AT_ONCE or to_read == _READ_AT_ONCE:
            yield some
            some, to_read = [], 0
    if some:
        yield some
