"""Files beside photos: as a scan found them, against those that the photos' metadata was read from.

A file belongs to a photo by way of any of the photo's paths. Of several of one kind, the one that
was written last counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from pipeline.catalog.text import path_text
from pipeline.flow.scanned_area import ScannedArea
from pipeline.scan.sidecars import is_unchanged_since, sidecar_names
from schemas.records import ContextFile

_NONE: frozenset[ContextFile] = frozenset()


class ContextChanges:
    """Which photos have other files beside them than when their metadata was read."""

    def __init__(self, recorded: Mapping[str, frozenset[ContextFile]], area: ScannedArea) -> None:
        self._recorded = recorded
        self._area = area
        self._now: dict[str, frozenset[ContextFile]] = {}
        # Photos of an older catalog, which recorded no such files: they were read all the same.
        self.accepted: dict[str, tuple[ContextFile, ...]] = {}

    def add(self, photo_id: str, path: str, found: Collection[ContextFile]) -> None:
        """Add what a scan found beside one of the photo's paths."""
        recorded = self._recorded.get(photo_id, _NONE)
        if not found and not recorded and photo_id not in self._now:
            return
        now = self._now.get(photo_id)
        if now is None:  # files beside paths of other sources stay
            now = frozenset(
                file for file in recorded if not self._area.covers(path_text(file.path))
            )
        names = sidecar_names(path)
        self._now[photo_id] = frozenset(file for file in now if file.path not in names) | {*found}

    def is_changed(self, photo_id: str) -> bool:
        """Tell whether the photo's metadata has to be read again."""
        if photo_id in self.accepted or photo_id not in self._now:
            return False
        return self._now[photo_id] != self._recorded.get(photo_id, _NONE)

    def of(self, photo_id: str) -> tuple[ContextFile, ...]:
        """Return the files beside a photo, the one that counts first."""
        files = self._now.get(photo_id, self._recorded.get(photo_id, _NONE))
        return tuple(sorted(files, key=lambda file: (-file.mtime_ns, file.path)))

    def never_recorded(self) -> list[str]:
        """Return the photos beside which the catalog has not recorded any file yet."""
        return [photo_id for photo_id in self._now if photo_id not in self._recorded]

    def accept(self, found_at: Mapping[str, datetime]) -> None:
        """Accept as read what has not changed since a photo was first found."""
        for photo_id, when in found_at.items():
            files = self.of(photo_id)
            if files and is_unchanged_since(files, when):
                self.accepted[photo_id] = files
