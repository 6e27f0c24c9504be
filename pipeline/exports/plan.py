"""Which files are due for export, and what each is called.

A file is due where it is missing or altered, or where its scene or the settings that count for its
kind have changed, and where it stands in for a photo that can be read again. Files that a photo's
camera rules out are never due. Scenes and recorded exports are read side by side in order of
photo_id; only what is due is kept in memory. New names are given in order of capture time, the same
in every run over the same photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_by_ids, stream_scenes
from pipeline.catalog.scenes import scene_files
from pipeline.catalog.side_by_side import side_by_side
from pipeline.exports.exported import (
    Exported,
    exports_by_file,
    exports_by_photo,
    source_paths,
)
from pipeline.exports.folder_names import FolderNames
from pipeline.exports.kind import ExportKind
from pipeline.exports.manifest_sync import compare_manifest
from pipeline.exports.names import NameTemplate
from pipeline.exports.registry import kinds_of_files
from pipeline.exports.target import ExportTarget
from pipeline.exports.wanted import WantedKind, is_provisional
from pipeline.scan.read_file import is_in_place
from pipeline.scenes.read import intrinsics_of
from pipeline.scenes.scene_info import info_of_stored
from schemas.export_settings import ExportSettings
from schemas.records import ArtifactRecord, PhotoFile, PhotoRecord, SceneFile


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
    """What is due, and what the catalog and the manifest do not hold yet."""

    items: list[ExportTask] = field(default_factory=list)
    complete: int = 0  # scenes of which nothing is due
    left_out: list[str] = field(default_factory=list)  # files ruled out, each with the reason
    adopted: list[ArtifactRecord] = field(default_factory=list)  # to be recorded
    folders: set[str] = field(default_factory=set)  # of recorded and due files, below the target
    manifest_is_current: bool = True


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
    wanted = [WantedKind(kind, settings, target) for kind in kinds_of_files(settings.kinds)]
    manifest = compare_manifest(connection, target)
    plan = ExportPlan(
        adopted=[exported.artifact(target) for exported in manifest.adopted.values()],
        folders=manifest.folders,
        manifest_is_current=manifest.is_current,
    )
    unrecorded: dict[str, list[Exported]] = {}  # by photo_id
    for exported in chain(manifest.adopted.values(), manifest.orphaned.values()):
        unrecorded.setdefault(exported.photo_id, []).append(exported)
    kept_stems: dict[str, str | None] = {}  # of the photos that are not complete
    for found, exports_of_photo in side_by_side(
        stream_scenes(connection, filters), exports_by_photo(connection, target)
    ):
        recorded = sorted(exports_of_photo)  # by `file`
        plan.complete += 1
        more = unrecorded.get(found.photo_id, [])
        if overwrite or not all(one.is_among(recorded, more, found.scene_id) for one in wanted):
            exports = [*(one.parsed() for one in recorded), *more]
            stems = (one.stem for one in exports if one.name == template.text)
            kept_stems[found.photo_id] = next(stems, None)
    if kept_stems:
        names = _Naming(template, kept_stems, chain.from_iterable(unrecorded.values()))
        due = _due_files(connection, target, names, wanted, overwrite=overwrite)
        _plan_due(connection, target, plan, due, settings)
    return plan


class _Naming(NamedTuple):
    """What names of due files are made of."""

    template: NameTemplate
    kept_stems: Mapping[str, str | None]  # by photo_id: the name that a photo already has
    unrecorded: Iterable[Exported]  # exports that only the manifest names


class _DueFile(NamedTuple):
    """A file that is due, unless the photo rules it out or still cannot be read."""

    kind: ExportKind
    file: PlannedFile
    waits_for_photo: bool  # it is there, and due only if the photo can be read again


def _due_files(
    connection: Connection,
    target: ExportTarget,
    naming: _Naming,
    wanted: Sequence[WantedKind],
    *,
    overwrite: bool,
) -> list[tuple[PhotoRecord, list[_DueFile]]]:
    """Give names to the files of photos that are not complete; return those that are due."""
    kept = naming.kept_stems
    records = sorted(_with_paths(connection, find_by_ids(connection, kept)), key=_by_time)
    stems = {one.photo_id: kept[one.photo_id] or naming.template.stem(one) for one in records}
    names = FolderNames(target, stems, [one.form for one in wanted])
    recorded = (one.parsed() for one in exports_by_file(connection, target))
    known = names.add(chain(recorded, naming.unrecorded))
    found: list[tuple[PhotoRecord, list[_DueFile]]] = []
    for record in records:
        due: list[_DueFile] = []
        for one, (stem, file) in zip(wanted, names.names_for(record.photo_id), strict=True):
            exported = known.get(file)
            is_done = not overwrite and one.is_done(exported, record.scene_id)
            waits = is_done and exported is not None and is_provisional(exported)
            if not is_done or waits:
                planned = PlannedFile(one.kind.name, file, stem, may_replace=file in known)
                due.append(_DueFile(one.kind, planned, waits))
        if due:
            found.append((record, due))
    return found


def _plan_due(
    connection: Connection,
    target: ExportTarget,
    plan: ExportPlan,
    due: Sequence[tuple[PhotoRecord, list[_DueFile]]],
    settings: ExportSettings,
) -> None:
    """Add to the plan what can be made of the scenes, and what cannot."""
    scenes = scene_files(connection, (record.scene_id or "" for record, _ in due))
    for scene, (record, files) in zip(scenes, due, strict=True):
        camera = intrinsics_of(info_of_stored(scene))
        planned: list[PlannedFile] = []
        for one in files:
            if refusal := one.kind.refuses(settings, camera):
                plan.left_out.append(f"{one.file.file}: {refusal}")
            elif not one.waits_for_photo or is_in_place(scene.photo):
                planned.append(one.file)
        if planned:
            plan.items.append(ExportTask(scene, record, tuple(planned)))
    plan.complete -= len(plan.items)
    names = [file.file for item in plan.items for file in item.files]
    plan.folders.update(file.rpartition("/")[0] for file in names)
    target.check_folders(names)


def _with_paths(connection: Connection, found: Iterable[PhotoRecord]) -> list[PhotoRecord]:
    """Give photos whose files are gone the paths that they had: names are made of them."""
    records = list(found)
    paths = source_paths(connection, [one.photo_id for one in records if not one.paths])
    return [
        replace(record, paths=tuple(paths.get(record.photo_id, record.paths))) for record in records
    ]


def _by_time(record: PhotoRecord) -> tuple[bool, datetime, str]:
    return record.taken_at is None, record.taken_at or datetime.min, record.photo_id
