"""Exported files as the catalog records them, streamed: a folder may hold millions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.portable_sql import by_code_point
from pipeline.catalog.query import streamed
from pipeline.exports.target import ExportTarget
from schemas.records import ArtifactRecord, StoredFile
from schemas.tables import artifacts, photo_paths

EXPORT_PREFIX = "export:"  # of an artifact's kind; its path is absolute and outside the library
_COLUMNS = tuple(
    artifacts.c[name]
    for name in ("path", "kind", "photo_id", "scene_id", "bytes", "sha256", "settings")
)


@dataclass(frozen=True, slots=True)
class Exported:
    """One file in a folder of exports."""

    file: str  # relative to the folder
    kind: str
    photo_id: str
    scene_id: str
    bytes: int
    sha256: str
    settings: dict[str, Any]  # those that count for the kind
    facts: dict[str, Any]  # what was decided for the scene
    name: str  # the template
    stem: str  # what the template gave for the photo
    mtime_ns: int | None

    def artifact(self, target: ExportTarget) -> ArtifactRecord:
        """Return the row of the catalog."""
        path = target.catalog_path(self.file)
        record = {
            "to": target.text,
            "settings": self.settings,
            "facts": self.facts,
            "name": self.name,
            "stem": self.stem,
            "mtime_ns": self.mtime_ns,
        }
        return ArtifactRecord(
            hashlib.sha256(path.encode()).hexdigest()[:32],
            EXPORT_PREFIX + self.kind,
            self.photo_id,
            self.scene_id,
            StoredFile(path, self.bytes, self.sha256),
            json.dumps(record),
        )


class RecordedExport(NamedTuple):
    """A row of the catalog. Most are never parsed: that takes longer than to read them."""

    file: str  # relative to the folder
    kind: str
    photo_id: str
    scene_id: str
    bytes: int
    sha256: str
    text: str  # the record, as JSON

    def parsed(self) -> Exported:
        """Return the export with what its record holds."""
        record = json.loads(self.text)
        return Exported(
            *self[:6],
            *(record["settings"], record["facts"], record["name"], record["stem"]),
            record["mtime_ns"],
        )


class ExportWithSources(NamedTuple):
    """A recorded export, and where its photo is or, where all its files are gone, was."""

    recorded: RecordedExport
    source_paths: list[str]


def record_start(target: ExportTarget) -> str:
    """Return how the records of a folder's exports start, up to their settings."""
    return json.dumps({"to": target.text})[:-1] + ", "


def exports_by_photo(connection: Connection, target: ExportTarget) -> Iterator[RecordedExport]:
    """Stream the recorded exports of a folder in order of photo_id.

    They are recorded whether their files are still there or not.
    """
    statement = _recorded(connection, target).order_by(artifacts.c.photo_id)
    return _exports(target, streamed(connection, statement))


def exports_by_file(connection: Connection, target: ExportTarget) -> Iterator[RecordedExport]:
    """Stream the recorded exports of a folder in order of `file`, by code points."""
    statement = _recorded(connection, target).order_by(_path(connection))
    return _exports(target, streamed(connection, statement))


def exports_with_sources(
    connection: Connection, target: ExportTarget
) -> Iterator[ExportWithSources]:
    """Stream as `exports_by_file`, with the paths of the photos."""
    missing = photo_paths.c.missing_at.is_not(None)
    statement = (
        _recorded(connection, target)
        .add_columns(photo_paths.c.path, missing)
        .outerjoin(photo_paths, photo_paths.c.photo_id == artifacts.c.photo_id)
        # A path in the open before one in a hidden folder.
        .order_by(
            _path(connection), photo_paths.c.skip_reason.is_not(None), _source_path(connection)
        )
    )
    export_of = _row_reader(target)
    row: Any = None
    paths: list[tuple[str | None, object]] = []
    for next_row in chain(streamed(connection, statement), [None]):
        if row is not None and (next_row is None or next_row[0] != row[0]):
            if (recorded := export_of(row)) is not None:
                yield ExportWithSources(recorded, _sources(paths))
            paths = []
        row = next_row
        if row is not None:
            paths.append((row[-2], row[-1]))


def recorded_files(connection: Connection, target: ExportTarget, files: Iterable[str]) -> set[str]:
    """Return those of these files of a folder that the catalog records as its exports."""
    found: set[str] = set()
    for chunk in in_groups(target.catalog_path(file) for file in files):
        rows = connection.execute(
            sa.select(*_COLUMNS).where(_is_export(), artifacts.c.path.in_(chunk))
        )
        found.update(recorded.file for recorded in _exports(target, rows))
    return found


def source_paths(connection: Connection, photo_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return where photos are or, where all files of one are gone, where they were."""
    columns = photo_paths.c.photo_id, photo_paths.c.path, photo_paths.c.missing_at.is_not(None)
    order = photo_paths.c.skip_reason.is_not(None), _source_path(connection)
    found: dict[str, list[tuple[str, object]]] = {}
    for chunk in in_groups(photo_ids):
        statement = sa.select(*columns).where(photo_paths.c.photo_id.in_(chunk))
        for photo_id, path, is_missing in connection.execute(statement.order_by(*order)):
            found.setdefault(photo_id, []).append((path, is_missing))
    return {photo_id: _sources(paths) for photo_id, paths in found.items()}


def _sources(paths: Sequence[tuple[str | None, object]]) -> list[str]:
    present = [path for path, is_missing in paths if path is not None and not is_missing]
    return present or [path for path, _ in paths if path is not None]


def _path(connection: Connection) -> sa.ColumnElement[str]:
    return by_code_point(artifacts.c.path, connection.dialect.name)


def _source_path(connection: Connection) -> sa.ColumnElement[str]:
    return by_code_point(photo_paths.c.path, connection.dialect.name)


def _is_export() -> sa.ColumnElement[bool]:
    return artifacts.c.kind.startswith(EXPORT_PREFIX, autoescape=True)


def _prefix(target: ExportTarget) -> str:
    return f"{target.text.rstrip('/')}/"


def _recorded(connection: Connection, target: ExportTarget) -> sa.Select[Any]:
    """Select everything below a folder: a range of paths, which an index answers."""
    prefix, path = _prefix(target), _path(connection)
    end = prefix[:-1] + chr(ord("/") + 1)
    return sa.select(*_COLUMNS).where(_is_export(), path >= prefix, path < end)


def _exports(target: ExportTarget, rows: Iterable[Any]) -> Iterator[RecordedExport]:
    return filter(None, map(_row_reader(target), rows))


def _row_reader(target: ExportTarget) -> Callable[[Any], RecordedExport | None]:
    """Return what makes a record of a row; None for one of a folder of exports inside this one."""
    cut, kind_cut, start = len(_prefix(target)), len(EXPORT_PREFIX), record_start(target)
    to = target.text

    def read(row: Sequence[Any]) -> RecordedExport | None:
        path, kind, photo_id, scene_id, size, sha256, text = row[:7]
        if text.startswith(start) or json.loads(text)["to"] == to:
            return RecordedExport(
                path[cut:], kind[kind_cut:], photo_id, scene_id, size, sha256, text
            )
        return None

    return read
