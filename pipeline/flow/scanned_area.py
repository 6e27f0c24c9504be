"""Which recorded paths a scan would have found, if their files were still there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.catalog.text import path_text


class ScannedArea:
    """The sources of a scan, without the folders and files that could not be read."""

    def __init__(self, sources: Sequence[Path], unreadable: Sequence[str]) -> None:
        self._roots = tuple(path_text(os.path.realpath(source)) for source in sources)
        self._inside = tuple(f"{root.rstrip('/')}/" for root in self._roots)
        self._unknown = {path_text(path) for path in unreadable}  # a file's own stat may fail too
        self._blind = tuple(f"{folder}/" for folder in self._unknown)

    def covers(self, path: str) -> bool:
        """Tell whether the scan would have found a file at `path`, written as the catalog does."""
        return (
            (path.startswith(self._inside) or path in self._roots)
            and not path.startswith(self._blind)
            and path not in self._unknown
        )
