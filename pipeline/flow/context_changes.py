"""Files beside photos: as a scan found them, against those that the photos' metadata was read from.

A file belongs to a photo by way of any of the photo's paths. Of several of one kind, what was
written last counts first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipeline.catalog.scan_state import ScanState
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.sidecars import may_be_of
from schemas.path_text import path_text
from schemas.records import ContextFile

_NONE: frozenset[ContextFile] = frozenset()


class ContextChanges:
    """Which photos have other files beside them than when their metadata was read.

    Photos are known by a state that has loaded them.
    """

    def __init__(self, state: ScanState, area: ScannedArea) -> None:
        self._state = state
        self._area = area
        self._kept: dict[str, frozenset[ContextFile]] = {}  # beside paths of other sources
        self._found: dict[str, frozenset[ContextFile]] = {}

    def add(self, photo_id: str, path: str, found: Collection[ContextFile]) -> None:
        """Add what a scan found beside one of the photo's paths."""
        recorded = self._recorded(photo_id)
        if not found and not recorded:
            return
        kept = self._kept.get(photo_id)
        if kept is None:
            kept = frozenset(
                file for file in recorded if not self._area.covers(path_text(file.path))
            )
        self._kept[photo_id] = frozenset(file for file in kept if not may_be_of(file, path))
        self._found[photo_id] = self._found.get(photo_id, _NONE) | {*found}

    def add_unchanged(self, photo_id: str) -> None:
        """Add a photo that the scan has found with the files beside it that are recorded."""
        recorded = self._recorded(photo_id)
        if recorded:
            self._kept[photo_id] = self._found[photo_id] = recorded

    def forget(self, photo_ids: Iterable[str]) -> None:
        """Forget what was found beside photos."""
        for photo_id in photo_ids:
            self._kept.pop(photo_id, None)
            self._found.pop(photo_id, None)

    def is_changed(self, photo_id: str) -> bool:
        """Tell whether the photo's metadata has to be read again."""
        return self._now(photo_id) != self._recorded(photo_id)

    def of(self, photo_id: str) -> tuple[ContextFile, ...]:
        """Return the files beside a photo, the latest first."""
        return tuple(sorted(self._now(photo_id), key=lambda file: (-file.mtime_ns, file.path)))

    def _now(self, photo_id: str) -> frozenset[ContextFile]:
        if photo_id not in self._found:
            return self._recorded(photo_id)
        return self._kept[photo_id] | self._found[photo_id]

    def _recorded(self, photo_id: str) -> frozenset[ContextFile]:
        photo = self._state.get(photo_id)
        return _NONE if photo is None else photo.context
