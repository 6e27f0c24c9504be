"""Which photos the page of an album shows, and which files of the folder belong to it no longer."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_by_ids, stream_scenes
from pipeline.exports.exported import Exported, RecordedExport, exports_by_photo
from pipeline.exports.kinds.album import ALBUM_PARTS
from pipeline.exports.target import ExportTarget
from schemas.records import FocalSource, PhotoRecord

NO_VERSIONS: Mapping[str, str] = MappingProxyType({})


class AlbumPhoto(NamedTuple):
    """A photo as the page of an album shows it: a row for `viewer/src/album.js`."""

    id: str  # path of its files below their folder, without their suffixes
    width: int
    height: int
    taken: str | None  # ISO 8601, to the minute
    name: str
    focal_px: float
    is_360: bool
    caption: str | None
    version: str  # of its files, for their addresses; empty where addresses have none


class AlbumState(NamedTuple):
    """What there is in a folder of exports of an album."""

    photos: list[AlbumPhoto]  # the newest first, those without a time last
    leftover: list[Exported]  # of photos that filters no longer select, or under other names
    removed: int  # photos that filters no longer select


def read_album(
    connection: Connection, target: ExportTarget, filters: Filters, template: str
) -> AlbumState:
    """Return the photos that have all their files, and the files that are not of them.

    Of a photo with files under two names, those of this template are shown.
    """
    selected = _selected(connection, filters)
    stems: dict[str, str] = {}  # by photo_id
    versions: dict[str, str] = {}
    leftover: list[Exported] = []
    removed = 0
    for photo_id, group in groupby(_recorded(connection, target), key=lambda one: one.photo_id):
        exports = [one.parsed() for one in group]
        if photo_id not in selected:
            removed += 1
            leftover += exports
        elif (stem := _complete_stem(exports, target, template)) is not None:
            stems[photo_id] = stem
            versions[photo_id] = _version(one for one in exports if one.stem == stem)
            leftover += (one for one in exports if one.stem != stem)
    return AlbumState(album_photos(connection, stems, versions), leftover, removed)


def count_removed(connection: Connection, target: ExportTarget, filters: Filters) -> int:
    """Return how many photos have files in the folder and are no longer selected by filters."""
    there = {one.photo_id for one in _recorded(connection, target)}
    return len(there - _selected(connection, filters))


def album_photos(
    connection: Connection, ids: Mapping[str, str], versions: Mapping[str, str] = NO_VERSIONS
) -> list[AlbumPhoto]:
    """Return photos with a scene, the newest first.

    `ids` and `versions`, by photo_id, are those of their files.
    """
    records = sorted(find_by_ids(connection, ids), key=_newest_first)
    return [_photo_of(one, ids[one.photo_id], versions.get(one.photo_id, "")) for one in records]


def photos_script(photos: Iterable[AlbumPhoto]) -> bytes:
    """Return the script that gives the photos of an album to its own element."""
    rows = json.dumps(list(photos), ensure_ascii=False, separators=(",", ":"))
    return f"document.currentScript.photos={rows};\n".encode()


def _selected(connection: Connection, filters: Filters) -> set[str]:
    return {found.photo_id for found in stream_scenes(connection, filters)}


def _recorded(connection: Connection, target: ExportTarget) -> Iterator[RecordedExport]:
    return (one for one in exports_by_photo(connection, target) if one.kind in ALBUM_PARTS)


def _version(exports: Iterable[Exported]) -> str:
    """Return what changes where one of a photo's files does."""
    sums = "".join(sorted(one.sha256 for one in exports))
    return hashlib.sha256(sums.encode()).hexdigest()[:8]


def _photo_of(record: PhotoRecord, photo: str, version: str) -> AlbumPhoto:
    name = Path(record.paths[0]).name if record.paths else record.photo_id[:8]
    return AlbumPhoto(
        photo,
        record.width or 0,
        record.height or 0,
        record.taken_at.isoformat(timespec="minutes") if record.taken_at else None,
        record.title or name,
        round(record.focal_px or 0.0, 1),
        record.focal_source == FocalSource.SPHERE,
        record.caption or None,
        version,
    )


def _complete_stem(exports: Iterable[Exported], target: ExportTarget, template: str) -> str | None:
    """Return the stem under which all parts of a photo are there, of this template if one is."""
    kinds: dict[tuple[bool, str], set[str]] = {}
    for one in exports:
        if os.path.isfile(target.absolute(one.file)):  # noqa: PTH113 - for many files
            kinds.setdefault((one.name != template, one.stem), set()).add(one.kind)
    return min(
        (stem for stem, found in kinds.items() if found == ALBUM_PARTS), default=(True, None)
    )[1]


def _newest_first(record: PhotoRecord) -> tuple[bool, float, str]:
    taken = record.taken_at
    seconds = 0.0 if taken is None else (taken - datetime.min).total_seconds()
    return taken is None, -seconds, record.photo_id
