"""Which files are to be exported, and what each is called.

A file is due where it is missing or altered, or where its scene or the settings that count for its
kind are others now. Photos keep the names that they once got in a folder. New names are given in
order of capture time, the same in every run over the same photos; a name that another photo or a
file of somebody else's has is left alone, and the photo's id is added to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_by_ids, find_scenes
from pipeline.catalog.scenes import scene_files
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
from schemas.export_settings import ExportSettings
from schemas.records import ArtifactRecord, PhotoFile, PhotoRecord, SceneFile
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
    recorded: list[Exported] = field(default_factory=list)  # what the catalog had of the folder


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
    wanted = [_Wanted(kind_named(name), settings) for name in dict.fromkeys(settings.kinds)]
    plan = ExportPlan(recorded=known_exports(connection, target))
    known = {exported.file: exported for exported in plan.recorded}
    _adopt(connection, target, known, plan)
    selected = {found.photo_id: found.scene_id for found in find_scenes(connection, filters)}
    # Most scenes of a large library are complete: nothing but their ids is read of them.
    done = set() if overwrite else _complete(known.values(), selected, wanted, template, target)
    names = _Names(target, known.values())
    rest = list(
        find_by_ids(connection, (photo_id for photo_id in selected if photo_id not in done))
    )
    planned: list[tuple[PhotoRecord, tuple[PlannedFile, ...]]] = []
    for record in sorted(_with_paths(connection, rest), key=_by_time):
        files = names.files(record, template, [one.suffix for one in wanted])
        due = tuple(
            PlannedFile(one.kind.name, file, stem, may_replace=file in known)
            for one, (stem, file) in zip(wanted, files, strict=True)
            if overwrite or not one.is_done(known.get(file), record.scene_id, target)
        )
        if due:
            planned.append((record, due))
    scenes_of_due = scene_files(connection, (record.scene_id or "" for record, _ in planned))
    plan.items = [
        ExportTask(scene, record, due)
        for scene, (record, due) in zip(scenes_of_due, planned, strict=True)
    ]
    plan.complete = len(selected) - len(plan.items)
    target.check_folders(file.file for item in plan.items for file in item.files)
    return plan


class _Wanted:
    """A kind that is asked for, with the settings that count for it."""

    def __init__(self, kind: ExportKind, settings: ExportSettings) -> None:
        self.kind = kind
        self.suffix = kind.suffix_for(settings)
        self._settings = json.loads(kind.settings_text(settings))

    def is_done(
        self, exported: Exported | None, scene_id: str | None, target: ExportTarget
    ) -> bool:
        """Tell whether an export is of this scene and these settings, and is still there."""
        return (
            exported is not None
            and exported.kind == self.kind.name
            and exported.scene_id == scene_id
            and exported.settings == self._settings
            and is_unchanged(
                f"{target.folder}/{exported.file}",
                exported.bytes,
                exported.sha256,
                exported.mtime_ns,
            )
        )


def _complete(
    known: Iterable[Exported],
    selected: Mapping[str, str],
    wanted: Sequence[_Wanted],
    template: NameTemplate,
    target: ExportTarget,
) -> set[str]:
    """Return the photos, of those selected with their scenes, that have an export of each kind."""
    by_kind = {one.kind.name: one for one in wanted}
    found: dict[str, set[str]] = {}
    for exported in known:
        one, scene_id = by_kind.get(exported.kind), selected.get(exported.photo_id)
        if one is None or scene_id is None or exported.name != template.text:
            continue
        if one.is_done(exported, scene_id, target):
            found.setdefault(exported.photo_id, set()).add(exported.kind)
    return {photo_id for photo_id, kinds in found.items() if len(kinds) == len(by_kind)}


def rewrite_manifest(
    connection: Connection, target: ExportTarget, recorded: Iterable[Exported]
) -> None:
    """Write the manifest of a folder by what the catalog has recorded, if that is news.

    Other lines, as those of other libraries, stay while their files do.
    """
    known = {
        exported.file: exported
        for exported in recorded
        if os.path.isfile(target.absolute(exported.file))  # noqa: PTH113 - for many files
    }
    before = list(manifest_lines(target))
    lines = [
        line
        for line in before
        if line["file"] not in known and target.absolute(line["file"]).is_file()
    ]
    paths = _source_paths(connection, {exported.photo_id for exported in known.values()})
    lines += [line_of(exported, paths.get(exported.photo_id, ())) for exported in known.values()]
    lines.sort(key=lambda line: str(line["file"]))
    if lines == before and target.absolute(f"{MANIFEST}.csv").exists():
        return
    if lines or target.absolute(f"{MANIFEST}.jsonl").exists():
        write_manifest(target, lines)


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


def _is_known_photo(connection: Connection, photo_id: str) -> bool:
    query = sa.select(photos.c.photo_id).where(photos.c.photo_id == photo_id)
    return connection.scalar(query) is not None


def _by_time(record: PhotoRecord) -> tuple[bool, datetime, str]:
    return record.taken_at is None, record.taken_at or datetime.min, record.photo_id
