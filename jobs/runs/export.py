"""Exports the scenes that filters select into a folder of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from jobs.console.output import Output
from jobs.runs.album_page import AlbumChange, check_album, is_album, write_album
from jobs.runs.run import new_run_id
from jobs.runs.scene_run import RunnerMaker, SceneRunReport, SceneWork, run_over_scenes
from pipeline.catalog.filters import Filters
from pipeline.catalog.writer import CatalogWriter
from pipeline.exports.album import count_removed
from pipeline.exports.manifest import check_is_ours
from pipeline.exports.manifest_sync import rewrite_manifest
from pipeline.exports.names import NameTemplate
from pipeline.exports.plan import ExportPlan, ExportTask, plan_exports
from pipeline.exports.registry import check_kinds, kind_of_file
from pipeline.exports.scene import comfort_of
from pipeline.exports.stage import ExportStage
from pipeline.exports.target import ExportTarget, give_name
from pipeline.library import Library
from pipeline.store.disk_errors import disk_full, is_disk_full
from pipeline.store.root import LibraryRoot, RemoteRoot, address_meant
from schemas.errors import PhotoError, RunError, UsageError
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.export_settings import ExportSettings
from schemas.outcomes import Made
from schemas.reasons import FailureReason
from schemas.records import ArtifactRecord, PhotoRecord


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to export, and the folder to write to."""

    folder: Path
    filters: Filters
    settings: ExportSettings
    overwrite: bool = False  # also files that are complete; never foreign files


@dataclass(frozen=True, slots=True)
class ExportDryRun:
    """What an export would do."""

    library: str
    to: str
    selected: int
    unchanged: int
    due: int
    removed: int  # photos that would leave an album
    files: tuple[str, ...]
    photos: tuple[str, ...]  # of each file, the path of its photo, or the photo's id
    left_out: tuple[str, ...]  # files that their photos' cameras rule out, each with the reason
    estimated_seconds: float  # on two cores
    estimated_bytes: int

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {**asdict(self), "dry_run": True}


@dataclass(slots=True, kw_only=True)
class ExportReport(SceneRunReport):
    """What a run did."""

    kinds: list[str] = field(default_factory=list)
    to: str = ""
    removed: int = 0  # photos that filters no longer select, taken out of an album
    stuck: int = 0  # files of an album that could be neither written nor removed
    has_manifest: bool = True  # False if it could not be written

    @property
    def has_failures(self) -> bool:
        """Whether something that was due could not be done."""
        return self.failed > 0 or self.stuck > 0 or not self.has_manifest


class _Exports:
    """Writes what is missing or changed in a folder."""

    def __init__(self, root: LibraryRoot, order: ExportOrder) -> None:
        self._order = order
        self.target = checked_target(root, order)
        self._plan = ExportPlan()

    def due(self, connection: Connection) -> tuple[list[ExportTask], int]:
        order, target = self._order, self.target
        self._plan = plan_exports(
            connection, target, order.filters, order.settings, overwrite=order.overwrite
        )
        target.sweep(self._plan.folders)
        return self._plan.items, self._plan.complete

    def adopted(self) -> Sequence[ArtifactRecord]:
        return self._plan.adopted

    @property
    def left_out(self) -> Sequence[str]:
        return self._plan.left_out

    def name_files(self, made: Made) -> None:
        """Rename the files that have been recorded. Raises PhotoError, RunError."""
        for file in made.unnamed:
            try:
                give_name(file)
            except FileExistsError as error:
                raise PhotoError(
                    FailureReason.UNREADABLE,
                    f"another file now has the name {file.path}; the next run gives this one "
                    "another name",
                ) from error
            except PermissionError as error:  # of this file: its folder took the temporary one
                raise PhotoError(
                    FailureReason.UNREADABLE,
                    f"{file.path} is write-protected or in use by another program; the next run "
                    "replaces it if it can",
                ) from error
            except OSError as error:
                if is_disk_full(error):
                    raise disk_full(f"the disk of {self.target.folder}") from error
                raise RunError(f"{file.path} cannot be written: {error.strerror}") from error

    def close_album(self, connection: Connection, catalog: CatalogWriter) -> AlbumChange:
        """Remove what is half-written, and bring the page of an album up to date."""
        order = self._order
        self.target.sweep(self._plan.folders)
        if not is_album(order.settings):
            return AlbumChange()
        return write_album(connection, catalog, self.target, order.filters, order.settings)

    def close_manifest(self, connection: Connection, album: AlbumChange) -> None:
        """Write the manifest where it changes. Raises PhotoError (`disk_full`) and RunError."""
        plan = self._plan
        if plan.items or plan.adopted or album.has_removed or not plan.manifest_is_current:
            rewrite_manifest(connection, self.target)


def export_scenes(
    library: Library,
    order: ExportOrder,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
    limit_s: float = SCENE_LIMIT_S,
) -> ExportReport:
    """Write the files that are missing or changed.

    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    exports = _Exports(library.root, order)
    settings = order.settings
    report = ExportReport(
        run_id=new_run_id(),
        library=str(library),
        kinds=list(settings.kinds),
        to=exports.target.text,
    )

    def close(connection: Connection, catalog: CatalogWriter) -> None:
        report.left_out += len(exports.left_out)
        album = exports.close_album(connection, catalog)
        report.removed, report.stuck = album.removed, len(album.problems)
        for problem in album.problems:
            output.warn(problem)
        try:
            exports.close_manifest(connection, album)
        except (PhotoError, RunError) as error:  # all files are made and recorded
            report.has_manifest = False
            output.warn(f"{error.message}; the next run writes the manifest")

    work = SceneWork(
        command="export",
        settings={**asdict(settings), "to": exports.target.text},
        stage=ExportStage(settings, library.store, exports.target, limit_s=limit_s),
        due=exports.due,
        on_made=exports.name_files,
        unmade=_unnamed,
        adopted=exports.adopted,
        close=close,
    )
    run_over_scenes(library, work, report, output, runner, deadline)
    return report


def _unnamed(made: Made) -> Sequence[ArtifactRecord]:
    pairs = zip(made.artifacts, made.unnamed, strict=True)
    return [artifact for artifact, file in pairs if Path(file.partial).exists()]


def dry_export(library: Library, order: ExportOrder) -> ExportDryRun:
    """Return what an export would write. Changes nothing. Raises UsageError."""
    target = checked_target(library.root, order)
    with library.read() as connection:
        plan = plan_exports(
            connection, target, order.filters, order.settings, overwrite=order.overwrite
        )
        removed = 0
        if is_album(order.settings):
            removed = count_removed(connection, target, order.filters)
    files = [(planned, item.record) for item in plan.items for planned in item.files]
    kinds = [kind_of_file(planned.kind) for planned, _ in files]
    due = len(plan.items)
    return ExportDryRun(
        library=str(library),
        to=target.text,
        selected=due + plan.complete,
        unchanged=plan.complete,
        due=due,
        removed=removed,
        files=tuple(planned.file for planned, _ in files),
        photos=tuple(_photo_name(record) for _, record in files),
        left_out=tuple(plan.left_out),
        estimated_seconds=round(sum(kind.usual_seconds for kind in kinds), 1),
        estimated_bytes=sum(kind.usual_bytes for kind in kinds),
    )


def _photo_name(record: PhotoRecord) -> str:
    return record.paths[0] if record.paths else record.photo_id


def checked_target(root: LibraryRoot, order: ExportOrder) -> ExportTarget:
    """Return the folder. Raises UsageError for an invalid setting, before anything is written."""
    NameTemplate(order.settings.name)
    comfort_of(order.settings)
    check_kinds(order.settings.kinds)
    if (address := address_meant(order.folder)) is not None:
        raise UsageError(
            f"--to {address} is an address: exports go into a folder of this machine",
            "Name a folder, and copy it from there.",
        )
    target = ExportTarget(order.folder, root)
    target.check()
    check_is_ours(target)
    if is_album(order.settings):
        check_album(target)
    if isinstance(root, RemoteRoot):
        return target
    if target.folder.is_relative_to(root.resolve()):
        raise UsageError(
            f"--to {order.folder} lies in the library", "Name a folder of your own: files go there."
        )
    return target
