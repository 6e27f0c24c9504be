"""Which files are to be exported, and what each is called.

A file is due where it is missing or altered, or where its scene or the settings that count for its
kind are others now. Photos keep the names that they once got in a folder. New names are given in
order of capture time, the same in every run over the same photos; a name that another photo or a
file of somebody else's has is left alone, and the photo's id is added to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.exports.kind import ExportKind
from pipeline.exports.manifest import (
    MANIFEST,
    Exported,
    known_exports,
    line_of,
    manifest_lines,
    of_line,
    write_manifest,
)
from pipeline.exports.names import NameTemplate, candidates, same_name
from pipeline.exports.registry import kind_named
from pipeline.exports.target import ExportTarget, is_unchanged
from pipeline.scenes.previews import scene_file
from schemas.records import ArtifactRecord, PhotoFile, PhotoRecord, SceneFile
from schemas.settings import ExportSettings
from schemas.tables import photo_paths, photos, scenes


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that is due."""

    kind: str
    file: str  # relative to the folder
    stem: str
    may_replace: bool  # what is there is an earlier export of the same photo


@dataclass(frozen=True, slots=True)
class ExportTask:
    """One scene, and the files that are to be made of it."""

    scene: SceneFile
    record: PhotoRecord
    files: tuple[PlannedFile, ...]

    @property
    def photo(self) -> PhotoFile:
        """The photo that the scene was made of."""
        return self.scene.photo


@dataclass(slots=True)
class ExportPlan:
    """What is due, how many scenes have all of theirs, and files that the catalog has to know."""

    items: list[ExportTask] = field(default_factory=list)
    complete: int = 0
    adopted: list[ArtifactRecord] = field(default_factory=list)


class _Names:
    """Who has which name in a folder."""

    def __init__(self, target: ExportTarget, known: Iterable[Exported]) -> None:
        self._target = target
        self._stems: dict[str, str] = {}  # -> photo_id
        self._files: dict[str, str] = {
            same_name(f"{MANIFEST}.{end}"): "" for end in ("jsonl", "csv")
        }
        self._of_photo: dict[tuple[str, str], str] = {}  # photo_id, template -> stem
        for exported in known:
            self.take(exported.stem, exported.file, exported.photo_id)
            self._of_photo.setdefault((exported.photo_id, exported.name), exported.stem)

    def take(self, stem: str, file: str, photo_id: str) -> None:
        self._stems.setdefault(same_name(stem), photo_id)
        self._files[same_name(file)] = photo_id

    def files(
        self, record: PhotoRecord, template: NameTemplate, suffixes: list[str]
    ) -> list[tuple[str, str]]:
        """Return stem and file of each suffix, and take them."""
        photo_id = record.photo_id
        kept = self._of_photo.get((photo_id, template.text))
        stem = kept or template.stem(record)
        named = self._all_free(stem, suffixes, photo_id) or [
            self._one_free(stem, suffix, photo_id) for suffix in suffixes
        ]
        for stem, file in named:
            self.take(stem, file, photo_id)
        return named

    def _all_free(
        self, stem: str, suffixes: list[str], photo_id: str
    ) -> list[tuple[str, str]] | None:
        """Return the first name that is free for all of a photo's files."""
        for candidate in candidates(stem, photo_id):
            files = [candidate + suffix for suffix in suffixes]
            if all(self._is_free(candidate, file, photo_id) for file in files):
                return [(candidate, file) for file in files]
        return None

    def _one_free(self, stem: str, suffix: str, photo_id: str) -> tuple[str, str]:
        for candidate in candidates(stem, photo_id):
            if self._is_free(candidate, candidate + suffix, photo_id):
                return candidate, candidate + suffix
        return candidate, candidate + suffix

    def _is_free(self, stem: str, file: str, photo_id: str) -> bool:
        owner = self._files.get(same_name(file))
        if owner is not None:
            return owner == photo_id
        if self._stems.get(same_name(stem), photo_id) != photo_id:
            return False
        return not os.path.lexists(self._target.absolute(file))


def plan_exports(
    connection: Connection,
    target: ExportTarget,
    filters: Filters,
    settings: ExportSettings,
    *,
    overwrite: bool = False,
) -> ExportPlan:
    """Return what is due of what filters select. Raises UsageError."""
    template = NameTemplate(settings.name)
    kinds = [kind_named(name) for name in dict.fromkeys(settings.kinds)]
    plan = ExportPlan()
    known = {exported.file: exported for exported in known_exports(connection, target)}
    _adopt(connection, target, known, plan)
    names = _Names(target, known.values())
    selected = [r for r in find(connection, filters) if r.scene_id and r.splat_path]
    for record in sorted(_with_paths(connection, selected), key=_by_time):
        files = names.files(record, template, [kind.suffix_for(settings) for kind in kinds])
        due = tuple(
            PlannedFile(kind.name, file, stem, may_replace=file in known)
            for kind, (stem, file) in zip(kinds, files, strict=True)
            if overwrite or not _is_done(known.get(file), kind, settings, record, target)
        )
        if due:
            plan.items.append(ExportTask(scene_file(connection, record), record, due))
        else:
            plan.complete += 1
    target.check_folders(file.file for item in plan.items for file in item.files)
    return plan


def rewrite_manifest(connection: Connection, target: ExportTarget) -> int:
    """WriteExport the manifest of a folder by what the catalog knows; return how many lines it has.

    Lines that it does not know, as those of other libraries, stay while their files do.
    """
    known = {
        exported.file: exported
        for exported in known_exports(connection, target)
        if target.absolute(exported.file).is_file()
    }
    lines = [
        line
        for line in manifest_lines(target)
        if line["file"] not in known and target.absolute(line["file"]).is_file()
    ]
    paths = _source_paths(connection, {exported.photo_id for exported in known.values()})
    lines += [line_of(exported, paths.get(exported.photo_id, ())) for exported in known.values()]
    lines.sort(key=lambda line: str(line["file"]))
    if lines or target.absolute(f"{MANIFEST}.jsonl").exists():
        write_manifest(target, lines)
    return len(lines)


def _source_paths(connection: Connection, photo_ids: Collection[str]) -> dict[str, list[str]]:
    """Return where photos are or, where all files of one are gone, where they were."""
    present: dict[str, list[str]] = {}
    gone: dict[str, list[str]] = {}
    columns = photo_paths.c.photo_id, photo_paths.c.path, photo_paths.c.missing_at
    # A path in the open before one in a hidden folder.
    order = photo_paths.c.skip_reason.is_not(None), photo_paths.c.path
    for photo_id, path, missing_at in connection.execute(sa.select(*columns).order_by(*order)):
        if photo_id in photo_ids:
            found = present if missing_at is None else gone
            found.setdefault(photo_id, []).append(path)
    return {**gone, **present}


def _with_paths(connection: Connection, records: list[PhotoRecord]) -> list[PhotoRecord]:
    """Give photos whose files are gone the paths that they had: names are made of them."""
    gone = {record.photo_id for record in records if not record.paths}
    paths = _source_paths(connection, gone) if gone else {}
    return [
        replace(record, paths=tuple(paths.get(record.photo_id, record.paths))) for record in records
    ]


def _adopt(
    connection: Connection, target: ExportTarget, known: dict[str, Exported], plan: ExportPlan
) -> None:
    """Take files for ours that the manifest names and the catalog does not.

    As in a folder that was moved, where the catalog was made anew, or where the scene they were
    made of is gone by now.
    """
    for line in manifest_lines(target):
        exported = of_line(line)
        if exported.file in known or not is_unchanged(
            target.absolute(exported.file), exported.bytes, exported.sha256, exported.mtime_ns
        ):
            continue
        query = sa.select(scenes.c.photo_id).where(scenes.c.scene_id == exported.scene_id)
        if connection.scalar(query) == exported.photo_id:
            plan.adopted.append(exported.artifact(target))
        elif not _is_known_photo(connection, exported.photo_id):
            continue
        known[exported.file] = exported


def _is_done(
    exported: Exported | None,
    kind: ExportKind,
    settings: ExportSettings,
    record: PhotoRecord,
    target: ExportTarget,
) -> bool:
    return (
        exported is not None
        and exported.kind == kind.name
        and exported.scene_id == record.scene_id
        and json.loads(exported.settings) == json.loads(kind.settings_text(settings))
        and is_unchanged(
            target.absolute(exported.file), exported.bytes, exported.sha256, exported.mtime_ns
        )
    )


def _is_known_photo(connection: Connection, photo_id: str) -> bool:
    query = sa.select(photos.c.photo_id).where(photos.c.photo_id == photo_id)
    return connection.scalar(query) is not None


def _by_time(record: PhotoRecord) -> tuple[bool, datetime, str]:
    return record.taken_at is None, record.taken_at or datetime.min, record.photo_id
