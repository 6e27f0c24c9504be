"""Which XMP file belongs to a photo: IMG.xmp, IMG.XMP or IMG.JPG.xmp beside IMG.JPG."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.records import ContextFile, ContextKind

SIDECAR_ENDINGS = (".xmp", ".XMP")
_CLOCKS_DIFFER = timedelta(hours=1)  # of this machine and of a file server, at most


def sidecar_names(photo_path: str) -> tuple[str, ...]:
    """Return the possible paths of a photo's sidecar; the first that exists counts."""
    stem, _ = os.path.splitext(photo_path)  # noqa: PTH122 - quick, for each photo
    return f"{stem}.xmp", f"{stem}.XMP", f"{photo_path}.xmp"


def sidecar_of(photo_path: str, sidecars: Mapping[str, ContextFile]) -> tuple[ContextFile, ...]:
    """Return a photo's sidecar, of those that a scan found; empty where it has none."""
    found = (sidecars.get(name) for name in sidecar_names(photo_path))
    return tuple(file for file in found if file is not None)[:1]


def find_sidecars(photo_path: str) -> tuple[ContextFile, ...]:
    """Return a photo's sidecar, read from the disk now; empty if it has none."""
    return tuple(_on_disk(photo_path))[:1]


def _on_disk(photo_path: str) -> Iterator[ContextFile]:
    for name in sidecar_names(photo_path):
        try:
            stat = Path(name).stat()
        except OSError:
            continue
        yield ContextFile(name, ContextKind.XMP, stat.st_size, stat.st_mtime_ns)


def is_unchanged_since(files: Iterable[ContextFile], when: datetime) -> bool:
    """Tell whether files have certainly not been written, copied or moved since `when`, in UTC.

    By the time of the last change of status, which no program can set back.
    """
    latest = (when.replace(tzinfo=UTC) - _CLOCKS_DIFFER).timestamp()
    try:
        return all(Path(file.path).stat().st_ctime < latest for file in files)
    except OSError:
        return False
