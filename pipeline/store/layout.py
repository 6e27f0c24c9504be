"""Where each kind of file lies in a library, and back: the only place that knows.

    scenes/ab/<scene_id>[.quality].<format>     thumbs/ab/<photo_id>.webp
    previews/ab/<scene_id>.<kind>.<format>      catalog/<table>.parquet
    runs/<run_id>.<json|md|html>                uploads/<name of a photo>
    catalog.sqlite    catalog.url    lock

Paths are relative to the library, with / between their parts. `ab` are the first digits of the id:
they keep folders small. `parse(x.path) == x` for every x of a library.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource
from sharp_core.formats.entry import DEFAULT_QUALITY

SCENES, THUMBNAILS, PREVIEWS = "scenes", "thumbs", "previews"
SNAPSHOT, RUNS, UPLOADS = "catalog", "runs", "uploads"
FOLDERS = (SCENES, THUMBNAILS, PREVIEWS, SNAPSHOT, RUNS)  # those that only this program fills
CATALOG_FILE, URL_FILE, LOCK_FILE = "catalog.sqlite", "catalog.url", "lock"
WRITE_TEST_FOLDER = RUNS  # where a file is written to see whether the library can be
TEMPORARY_PREFIX = ".partial-"
MANIFEST = "sharp-batch-manifest"  # in a folder of exports, outside the library; with a suffix
# Imported when a file with a quality in its name is met: few commands meet one.
_QUALITIES: Lazy[ChoiceSource] = Lazy("sharp_core.formats.registry", "QUALITIES")
_AnyPath = TypeVar("_AnyPath", bound=PurePath)


@dataclass(frozen=True, slots=True)
class ScenePath:
    """A stored scene. `quality` is None for the one that the format has unless told otherwise."""

    scene_id: str
    format: str
    quality: str | None = None

    @property
    def path(self) -> str:
        """Its path in the library."""
        quality = f".{self.quality}" if self.quality else ""
        return f"{SCENES}/{self.scene_id[:2]}/{self.scene_id}{quality}.{self.format}"


@dataclass(frozen=True, slots=True)
class ThumbnailPath:
    """A photo's thumbnail."""

    photo_id: str

    @property
    def path(self) -> str:
        """Its path in the library."""
        return f"{THUMBNAILS}/{self.photo_id[:2]}/{self.photo_id}.webp"


@dataclass(frozen=True, slots=True)
class PreviewPath:
    """A clip or a still of a scene."""

    scene_id: str
    kind: str
    format: str

    @property
    def path(self) -> str:
        """Its path in the library."""
        return f"{PREVIEWS}/{self.scene_id[:2]}/{self.scene_id}.{self.kind}.{self.format}"


@dataclass(frozen=True, slots=True)
class SnapshotPath:
    """A table of the catalog's snapshot."""

    table: str

    @property
    def path(self) -> str:
        """Its path in the library."""
        return f"{SNAPSHOT}/{self.table}.parquet"


@dataclass(frozen=True, slots=True)
class ReportPath:
    """The report of a run or of a night."""

    run_id: str
    format: str = "json"

    @property
    def path(self) -> str:
        """Its path in the library."""
        return f"{RUNS}/{self.run_id}.{self.format}"


@dataclass(frozen=True, slots=True)
class UploadPath:
    """A photo that was uploaded to the gallery, and kept."""

    name: str

    @property
    def path(self) -> str:
        """Its path in the library."""
        return f"{UPLOADS}/{self.name}"


@dataclass(frozen=True, slots=True)
class CatalogPath:
    """The SQLite catalog with the files that SQLite keeps beside it and copies of old versions."""

    name: str = CATALOG_FILE

    @property
    def path(self) -> str:
        """Its path in the library."""
        return self.name


@dataclass(frozen=True, slots=True)
class CatalogUrlPath:
    """The address of a catalog in PostgreSQL."""

    @property
    def path(self) -> str:
        """Its path in the library."""
        return URL_FILE


@dataclass(frozen=True, slots=True)
class LockPath:
    """The lock."""

    @property
    def path(self) -> str:
        """Its path in the library."""
        return LOCK_FILE


@dataclass(frozen=True, slots=True)
class TemporaryPath:
    """A file that is being written, or that a killed run left half-written."""

    path: str


@dataclass(frozen=True, slots=True)
class ForeignPath:
    """A file that this program does not make."""

    path: str


LibraryPath = (
    ScenePath
    | ThumbnailPath
    | PreviewPath
    | SnapshotPath
    | ReportPath
    | UploadPath
    | CatalogPath
    | CatalogUrlPath
    | LockPath
    | TemporaryPath
    | ForeignPath
)

_SCENE = re.compile(
    rf"{SCENES}/(..)/(?P<scene_id>\1[0-9a-f]{{30}})(\.(?P<quality>[a-z0-9_-]+))?"
    r"\.(?P<format>[a-z0-9]+)"
)
_THUMBNAIL = re.compile(rf"{THUMBNAILS}/(..)/(?P<photo_id>\1[0-9a-f]{{30}})\.webp")
_PREVIEW = re.compile(
    rf"{PREVIEWS}/(..)/(?P<scene_id>\1[0-9a-f]{{30}})\.(?P<kind>[a-z_]+)\.(?P<format>[a-z0-9]+)"
)
_SNAPSHOT = re.compile(rf"{SNAPSHOT}/(?P<table>[a-z0-9_]+)\.parquet")
_REPORT = re.compile(rf"{RUNS}/(?P<run_id>[A-Za-z0-9-]+)\.(?P<format>[a-z]+)")
_UPLOAD = re.compile(rf"{UPLOADS}/(?P<name>[^/]+)", re.DOTALL)
_CATALOG = re.compile(rf"(?P<name>{re.escape(CATALOG_FILE)}(-wal|-shm|-journal|\.version-\d+)?)")
_URL, _LOCK = re.compile(re.escape(URL_FILE)), re.compile(LOCK_FILE)
_TEMPORARY = re.compile(rf"(?P<path>(.*/)?{re.escape(TEMPORARY_PREFIX)}[0-9a-f]{{32}})", re.DOTALL)
_KINDS = (
    (_TEMPORARY, TemporaryPath),
    (_SCENE, ScenePath),
    (_THUMBNAIL, ThumbnailPath),
    (_PREVIEW, PreviewPath),
    (_SNAPSHOT, SnapshotPath),
    (_REPORT, ReportPath),
    (_UPLOAD, UploadPath),
    (_CATALOG, CatalogPath),
    (_URL, CatalogUrlPath),
    (_LOCK, LockPath),
)


def parse(path: str) -> LibraryPath:
    """Return what a file of a library is, by its path in it alone."""
    for pattern, kind in _KINDS:
        found = pattern.fullmatch(path)
        if found is not None and _is_known_quality(found.groupdict().get("quality")):
            return kind(**found.groupdict())
    return ForeignPath(path)


def _is_known_quality(quality: str | None) -> bool:
    """Tell whether a scene's file can have this quality in its name: the usual one has none."""
    return quality is None or (quality in _QUALITIES.get().names and quality != DEFAULT_QUALITY)


def scene_path(scene_id: str, format: str, quality: str | None) -> str:  # noqa: A002 - its name
    """Return where a scene lies that is stored in this format, as finely as `quality` says."""
    usual = quality in (None, DEFAULT_QUALITY)
    return ScenePath(scene_id, format, None if usual else quality).path


def temporary_path(final: _AnyPath, owner: str = "") -> _AnyPath:
    """Return a new temporary name beside a file; `owner` tells whose it is in a shared folder."""
    return final.with_name(f"{TEMPORARY_PREFIX}{owner}{uuid.uuid4().hex}")
