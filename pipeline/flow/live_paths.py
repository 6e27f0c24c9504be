"""Where the files of a photo are: as the catalog recorded it, and as a run finds it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipeline.catalog.scan_state import RecordedPath
from pipeline.catalog.text import path_text


class LivePaths:
    """The paths of photos whose files are there. `gone` may grow until paths are asked for."""

    def __init__(self, recorded: Mapping[str, RecordedPath], gone: Collection[str]) -> None:
        self._recorded = recorded
        self._gone = gone
        self._new: dict[str, list[str]] = {}
        self._old: dict[str, list[str]] | None = None

    def add(self, photo_id: str, path: str) -> None:
        """Add a file that is new, or whose content has changed."""
        text = path_text(path)
        self._new.setdefault(photo_id, []).append(text)
        before = self._recorded.get(text)
        if before is not None and before.photo_id != photo_id:
            self._by_photo().get(before.photo_id, [text]).remove(text)

    def has_new(self, photo_id: str) -> bool:
        """Tell whether the run has found a file of the photo that was not recorded."""
        return photo_id in self._new

    def of(self, photo_id: str) -> tuple[str, ...]:
        """Return the paths of a photo, as the catalog writes them."""
        old = self._by_photo().get(photo_id, ())
        return tuple(dict.fromkeys((*old, *self._new.get(photo_id, ()))))

    def _by_photo(self) -> dict[str, list[str]]:
        if self._old is None:
            self._old = {}
            gone = set(self._gone)
            for path, recorded in self._recorded.items():
                if path not in gone and not recorded.is_missing:
                    self._old.setdefault(recorded.photo_id, []).append(path)
        return self._old
