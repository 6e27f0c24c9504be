"""Which recorded paths a scan would have found, if their files were still there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from schemas.path_text import path_text


class ScannedArea:
    """The sources of a scan, without the folders and files that could not be read.

    Of these the list may grow while the scan goes on.
    """

    def __init__(self, sources: Sequence[Path], unreadable: Sequence[str]) -> None:
        self._roots = tuple(path_text(os.path.realpath(source)) for source in sources)
        self._inside = tuple(f"{root.rstrip('/')}/" for root in self._roots)
        self._unreadable = unreadable
        self._known = 0  # how many of them are in the next two
        self._unknown: set[str] = set()  # a file's own stat may fail too
        self._blind: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Tell whether the scan would have found a file at `path`, written as the catalog does."""
        if self._known < len(self._unreadable):
            self._known = len(self._unreadable)
            self._unknown = {path_text(path) for path in self._unreadable}
            self._blind = tuple(f"{folder}/" for folder in self._unknown)
        return (
            (path.startswith(self._inside) or path in self._roots)
            and not path.startswith(self._blind)
            and path not in self._unknown
        )
