"""Where the files of recorded photos are: as the catalog has it, with what the scan has found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pipeline.catalog.scan_state import RecordedPath, ScanState
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.name_rules import skip_by_name
from schemas.path_text import path_text
from schemas.reasons import SkipReason


class LivePaths:
    """The recorded paths whose files are there, and those that the run has read.

    The catalog is asked whenever paths are. What the scan found, and the run may not have recorded
    yet, is in `gone`, `back`, `changed` and `skips`: only what is not as it was.
    """

    def __init__(self, state: ScanState, area: ScannedArea) -> None:
        self.gone: set[str] = set()  # paths whose files have disappeared
        self.back: set[str] = set()  # paths whose files are there again
        self.changed: set[str] = set()  # paths of files that have to be read again
        # Paths that are skipped now, or no longer; their content is recorded.
        self.skips: dict[str, SkipReason | None] = {}
        self._state = state
        self._area = area
        self._read: set[str] = set()  # paths that were read
        self._new: dict[str, list[str]] = {}  # the same, by photo_id
        self._old: dict[str, list[str]] = {}  # of the photos that were loaded

    def add(self, photo_id: str, path: str) -> None:
        """Add a file that is new, or whose content has changed."""
        text = path_text(path)
        self._new.setdefault(photo_id, []).append(text)
        self._read.add(text)

    def has_new(self, photo_id: str) -> bool:
        """Tell whether the run has found a file of the photo that was not recorded."""
        return photo_id in self._new

    def load(self, photo_ids: Iterable[str]) -> None:
        """Read the recorded paths of some photos, which are asked for next."""
        self._old = {}
        for one in self._state.paths_of_photos(photo_ids):
            if self._is_there(one):
                self._old.setdefault(one.photo_id, []).append(one.path)

    def of(self, photo_id: str) -> tuple[str, ...]:
        """Return the paths of a photo that was loaded, as the catalog writes them."""
        old = (path for path in self._old.get(photo_id, ()) if path not in self._read)
        return (*old, *self._new.get(photo_id, ()))

    def scanned(self, photo_ids: Iterable[str]) -> Iterator[RecordedPath]:
        """Yield the paths at which the scan found photos as they are recorded, skipped or not."""
        return filter(self._is_as_recorded, self._state.paths_of_photos(photo_ids))

    def scanned_open(self, photo_ids: Iterable[str]) -> Iterator[RecordedPath]:
        """Yield the same, but for those that a rule skips."""
        return filter(self.is_open, self._state.paths_of_photos(photo_ids))

    def scanned_in(self, folder: str) -> Iterator[tuple[str, str]]:
        """Yield path and photo_id of the photos that the scan found in a folder, as recorded."""
        yield from (
            (one.path, one.photo_id)
            for one in self._state.paths_in_folder(folder)
            if self.is_open(one)
        )

    def scanned_among(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield those of some paths at which the scan found a photo as recorded, and its id."""
        yield from (
            (one.disk_path, one.photo_id)
            for one in self._state.paths_named(paths)
            if self.is_open(one)
        )

    def photos_below(self, root: str) -> Iterator[str]:
        """Yield recorded paths whose files are there, as a scan finds them: a file, or those below.

        Only those that may be photos by their names.
        """
        below = self._state.paths_of_root(root, is_folder=True)
        for one in chain(self._state.paths_named([root]), below):
            if self._is_there(one) and self._area.covers(one.path):
                path = one.disk_path
                if skip_by_name(path.rpartition("/")[2]) is None:
                    yield path

    def is_open(self, one: RecordedPath) -> bool:
        """Tell whether the scan found the file as it is recorded, and no rule skips it."""
        skip = self.skips.get(one.path, one.skip_reason)
        return skip is None and self._is_as_recorded(one)

    def _is_as_recorded(self, one: RecordedPath) -> bool:
        return self._is_there(one) and one.path not in self.changed and self._area.covers(one.path)

    def _is_there(self, one: RecordedPath) -> bool:
        return one.path not in self.gone and (not one.is_missing or one.path in self.back)
