"""Which photos the page of an album shows, and which files of the folder belong to it no longer."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_by_ids, stream_scenes
from pipeline.exports.exported import Exported, RecordedExport, exports_by_photo
from pipeline.exports.kinds.album import ALBUM_PARTS, HAS_COARSE, NEEDED_PARTS
from pipeline.exports.target import ExportTarget
from schemas.records import FocalSource, PhotoRecord


class AlbumPhoto(NamedTuple):
    """A photo as the page of an album shows it: a row for `viewer/src/album.js`."""

    id: str  # the stem of its files
    width: int
    height: int
    taken: str | None  # ISO 8601, to the minute
    name: str
    focal_px: float
    is_360: bool
    caption: str | None
    has_coarse: bool  # its scene has a coarse level
    version: str  # of its files


class PhotoFiles(NamedTuple):
    """The files of a photo, for their addresses."""

    stem: str  # their path below their folder, without their suffixes
    version: str = ""  # changes where one of them does; empty where addresses have none
    has_coarse: bool = False


class AlbumState(NamedTuple):
    """What there is in a folder of exports of an album."""

    photos: list[AlbumPhoto]  # the newest first, those without a time last
    leftover: list[Exported]  # of photos that filters no longer select, or under other names
    removed: int  # photos that filters no longer select


def read_album(
    connection: Connection, target: ExportTarget, filters: Filters, template: str
) -> AlbumState:
    """Return the photos that have all files they need, and the files that are not of them.

    Of a photo with files under two names, those of this template are shown.
    """
    selected = _selected(connection, filters)
    shown: dict[str, PhotoFiles] = {}  # by photo_id
    leftover: list[Exported] = []
    removed = 0
    for photo_id, group in groupby(_recorded(connection, target), key=lambda one: one.photo_id):
        exports = [one.parsed() for one in group]
        if photo_id not in selected:
            removed += 1
            leftover += exports
        elif (stem := _complete_stem(exports, target, template)) is not None:
            shown[photo_id] = _files_of(stem, [one for one in exports if one.stem == stem])
            leftover += (one for one in exports if one.stem != stem)
    return AlbumState(album_photos(connection, shown), leftover, removed)


def count_removed(connection: Connection, target: ExportTarget, filters: Filters) -> int:
    """Return how many photos have files in the folder and are no longer selected by filters."""
    there = {one.photo_id for one in _recorded(connection, target)}
    return len(there - _selected(connection, filters))


def album_photos(connection: Connection, files: Mapping[str, PhotoFiles]) -> list[AlbumPhoto]:
    """Return photos with a scene, the newest first. `files` is by photo_id."""
    records = sorted(find_by_ids(connection, files), key=_newest_first)
    return [_photo_of(one, files[one.photo_id]) for one in records]


def photos_script(photos: Iterable[AlbumPhoto]) -> bytes:
    """Return the script that gives the photos of an album to its own element."""
    rows = json.dumps(list(photos), ensure_ascii=False, separators=(",", ":"))
    return f"document.currentScript.photos={rows};\n".encode()


def _selected(connection: Connection, filters: Filters) -> set[str]:
    return {found.photo_id for found in stream_scenes(connection, filters)}


def _recorded(connection: Connection, target: ExportTarget) -> Iterator[RecordedExport]:
    return (one for one in exports_by_photo(connection, target) if one.kind in ALBUM_PARTS)


def _files_of(stem: str, exports: Sequence[Exported]) -> PhotoFiles:
    # A coarse level that comes later leaves the addresses of all other files as they are.
    sums = "".join(sorted(one.sha256 for one in exports if one.kind in NEEDED_PARTS))
    version = hashlib.sha256(sums.encode()).hexdigest()[:8]
    return PhotoFiles(stem, version, any(one.facts.get(HAS_COARSE) for one in exports))


def _photo_of(record: PhotoRecord, files: PhotoFiles) -> AlbumPhoto:
    name = Path(record.paths[0]).name if record.paths else record.photo_id[:8]
    return AlbumPhoto(
        files.stem,
        record.width or 0,
        record.height or 0,
        record.taken_at.isoformat(timespec="minutes") if record.taken_at else None,
        record.title or name,
        round(record.focal_px or 0.0, 1),
        record.focal_source == FocalSource.SPHERE,
        record.caption or None,
        files.has_coarse,
        files.version,
    )


def _complete_stem(exports: Iterable[Exported], target: ExportTarget, template: str) -> str | None:
    """Return the stem under which a photo has all parts it needs, of this template if one is."""
    kinds: dict[tuple[bool, str], set[str]] = {}
    for one in exports:
        if os.path.isfile(target.absolute(one.file)):  # noqa: PTH113 - for many files
            kinds.setdefault((one.name != template, one.stem), set()).add(one.kind)
    return min(
        (stem for stem, found in kinds.items() if found >= NEEDED_PARTS), default=(True, None)
    )[1]


def _newest_first(record: PhotoRecord) -> tuple[bool, float, str]:
    taken = record.taken_at
    seconds = 0.0 if taken is None else (taken - datetime.min).total_seconds()
    return taken is None, -seconds, record.photo_id
