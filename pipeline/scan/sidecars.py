"""Which files beside a photo belong to it: an XMP sidecar, and the JSON of a Google Takeout.

The XMP file of IMG.JPG is IMG.JPG.xmp or else IMG.xmp, which may be that of IMG.CR2 as well; for
the JSON, see `takeout_names`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.scan.takeout_names import TakeoutNames, is_album_json
from schemas.records import ContextFile, ContextKind

_XMP_ENDINGS = (".xmp", ".XMP")
_JSON_ENDING = ".json"
_ENDINGS = (*_XMP_ENDINGS, _JSON_ENDING)


class Sidecars:
    """The files in one folder which may belong to photos beside them."""

    def __init__(self) -> None:
        self._xmp: dict[str, ContextFile] = {}
        self._json: dict[str, ContextFile] = {}  # by name
        self._names: TakeoutNames | None = None  # once photos are asked for

    def __bool__(self) -> bool:
        return bool(self._xmp or self._json)

    def add(self, path: str, size: int, mtime_ns: int) -> None:
        """Add a file, if its name is one of a sidecar."""
        if not path.endswith(_ENDINGS):
            return
        if path.endswith(_JSON_ENDING):
            name = path.rpartition("/")[2]
            if not is_album_json(name):
                self._json[name] = ContextFile(path, ContextKind.TAKEOUT, size, mtime_ns)
        else:
            self._xmp[path] = ContextFile(path, ContextKind.XMP, size, mtime_ns)

    def of(self, photo_path: str) -> tuple[ContextFile, ...]:
        """Return the files of a photo, at most one of each kind."""
        xmp = (self._xmp.get(name) for name in _xmp_names(photo_path))
        found = [*[file for file in xmp if file is not None][:1], self._takeout(photo_path)]
        return tuple(file for file in found if file is not None)

    def _takeout(self, photo_path: str) -> ContextFile | None:
        if not self._json:
            return None
        if self._names is None:
            self._names = TakeoutNames(self._json)
        found = self._names.find(photo_path.rpartition("/")[2])
        return None if found is None else self._json[found]


def find_sidecars(photo_path: str) -> tuple[ContextFile, ...]:
    """Return the files of a photo, read from the disk now; at most one of each kind."""
    sidecars = Sidecars()
    for path in (*_xmp_names(photo_path), *_json_beside(photo_path)):
        try:
            stat = Path(path).stat()
        except OSError:
            continue
        sidecars.add(path, stat.st_size, stat.st_mtime_ns)
    return sidecars.of(photo_path)


def may_be_of(file: ContextFile, photo_path: str) -> bool:
    """Tell whether a file may be one of a photo's, by their paths."""
    if file.kind is ContextKind.XMP:
        return file.path in _xmp_names(photo_path)
    return file.path.rpartition("/")[0] == photo_path.rpartition("/")[0]


def _xmp_names(photo_path: str) -> tuple[str, ...]:
    """Return the possible paths of a photo's XMP file; the first that exists counts."""
    stem, _ = os.path.splitext(photo_path)  # noqa: PTH122 - quick, for each photo
    return tuple(f"{name}{ending}" for name in (photo_path, stem) for ending in _XMP_ENDINGS)


def _json_beside(photo_path: str) -> Iterator[str]:
    folder = os.path.dirname(photo_path)  # noqa: PTH120 - as the photo's path is written
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208
    except OSError:
        return
    yield from (os.path.join(folder, name) for name in names if name.endswith(_JSON_ENDING))  # noqa: PTH118
