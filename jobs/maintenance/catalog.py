"""A catalog as a whole: its snapshot, its upgrade, and its rebuild after a loss."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from jobs.console.count_progress import count_progress
from jobs.console.output import Output
from jobs.runs.run import new_run_id
from pipeline.catalog.database import make_tables, open_unchecked, unusable
from pipeline.catalog.migrate import Migrated, migrate
from pipeline.catalog.scan_state import read_recorded_paths
from pipeline.catalog.snapshot import write_snapshot
from pipeline.catalog.user_focals import read_user_focals
from pipeline.catalog.writer import CatalogWriter
from pipeline.flow.decode_stage import DecodeStage
from pipeline.library import Library
from pipeline.maintenance.rebuild import (
    LooseScene,
    Recipe,
    find_snapshot,
    forget_seconds,
    load_snapshot,
    loose_scenes,
    recipe_of,
    recipes,
)
from pipeline.maintenance.repairs import drop_scene
from pipeline.maintenance.verify import (
    SCENE,
    SIZES_AT_ONCE,
    check_stored_size,
    count_scenes,
    source_of,
    stored_rows,
)
from pipeline.scan.identify import identify_all
from pipeline.scan.scan import check_sources, scan
from pipeline.scan.sidecars import find_sidecars
from pipeline.store.layout import SCENES
from pipeline.store.store import Store
from schemas.count_text import count_text
from schemas.errors import UsageError
from schemas.outcomes import Done, Failed, Skipped
from schemas.path_text import path_text
from schemas.records import PhotoFile, RunState, StoredFile
from schemas.user_focals import FocalChange


@dataclass(slots=True)
class ImportReport:
    """What was rebuilt: rows by table, then what scene files added or lacked."""

    library: str
    rows: dict[str, int] = field(default_factory=dict)
    missing: int = 0  # scenes of the snapshot whose files are gone: their photos are due again
    adopted: int = 0  # scene files newer than the snapshot
    loose: int = 0  # scene files whose photos were not found
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def take_snapshot(library: Library) -> list[StoredFile]:
    """Write the Parquet snapshot now. Raises UsageError, LibraryBusyError, StoreError, RunError."""
    with library.read() as reader, library.hold("catalog snapshot"):
        return write_snapshot(reader, library.store)


def upgrade(library: Library) -> Migrated:
    """Bring the catalog to today's version, if it is older.

    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    with library.hold("catalog migrate"):
        return migrate(library.catalog_address)


def import_catalog(library: Library, sources: Sequence[Path], output: Output) -> ImportReport:
    """Rebuild the catalog of a library that has none.

    `sources` are folders that are searched for photos of scenes that the snapshot does not hold.
    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    started = time.monotonic()
    check_sources(sources)
    if isinstance(library.root, Path) and not library.root.is_dir():
        raise UsageError(f"there is no folder {library}", "Name the library with --library.")
    report = ImportReport(str(library))
    with library.hold("catalog import"):
        report.rows = _load(library)
        with library.write(create=True) as catalog:
            run_id = new_run_id()
            catalog.begin_run(run_id, "catalog import", {})
            report.missing = _drop_missing(catalog, library.store, output)
            _adopt(catalog, library, sources, run_id, report, output)
            report.seconds = round(time.monotonic() - started, 3)
            catalog.end_run(run_id, RunState.FINISHED, done=report.adopted, seconds=report.seconds)
            library.write_snapshot(catalog)
    return report


def _load(library: Library) -> dict[str, int]:
    """Make a new catalog from the snapshot, whole or not at all."""
    address, store = library.catalog_address, library.store
    snapshot = find_snapshot(store)
    if snapshot is None:
        raise UsageError(
            f"{library} holds no snapshot: the folder catalog, or a file in it, is missing",
            "'sharp-batch ingest PHOTOS' makes a catalog by finding the photos again.",
        )
    try:
        engine, version = open_unchecked(address)
        if version is not None:
            raise UsageError(
                f"the library has a catalog: {address}",
                "Move it away to rebuild it from its snapshot.",
            )
        with engine.begin() as connection:
            if address.url is None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            make_tables(connection)
            rows = load_snapshot(connection, store, snapshot)
    except sa.exc.DatabaseError as error:
        raise unusable(address, error) from error
    address.note()
    return rows


def _drop_missing(catalog: CatalogWriter, store: Store, output: Output) -> int:
    """Delete scenes whose files are missing or have another size."""
    missing = 0
    with closing(catalog.engine.connect()) as reader:
        total = count_scenes(reader, None)
        size_of = store.sizes(SCENES)
        with count_progress(output, "scenes", total) as advance:
            for rows in stored_rows(reader, None, SIZES_AT_ONCE):
                found = [row for row in rows if row.kind == SCENE]
                for row in found:
                    if check_stored_size(size_of, row) is not None:
                        drop_scene(catalog.connection, row.row_id)
                        missing += 1
                advance(len(found))
    return missing


def _adopt(
    catalog: CatalogWriter,
    library: Library,
    sources: Sequence[Path],
    run_id: str,
    report: ImportReport,
    output: Output,
) -> None:
    """Record scene files newer than the snapshot, with the facts of their photos."""
    connection, store = catalog.connection, library.store
    with connection.begin():
        loose = list(loose_scenes(connection, store))
        known, focals = recipes(connection), read_user_focals(connection)
        files = {scene.photo_id: source_of(connection, scene.photo_id) for scene in loose}
    unknown = {photo_id for photo_id, file in files.items() if file is None}
    if unknown and sources:
        files.update(_find_photos(catalog, library, sources, unknown))
    for scene in loose:
        file = files[scene.photo_id]
        done = None
        if file is not None:
            set_now = focals.get(scene.photo_id, {})
            done = _as_done(scene, file, recipe_of(scene, file.media_type, known, set_now), store)
        if done is None:
            report.loose += 1
            continue
        catalog.record(done, run_id)
        with connection.begin():
            forget_seconds(connection, [scene.scene_id])
        flag = done.photo.file.set_focal_35mm
        if flag is not None:
            catalog.change_user_focals([scene.photo_id], FocalChange(flag))
        report.adopted += 1
    if report.loose:
        belong = count_text(report.loose, "scene file belongs", "scene files belong")
        output.warn(
            f"{belong} to photos that were not found. Name the folders of the photos, or "
            "'sharp-batch ingest' makes their scenes again and 'gc' removes these files."
        )


def _find_photos(
    catalog: CatalogWriter, library: Library, sources: Sequence[Path], wanted: set[str]
) -> dict[str, PhotoFile]:
    """Read files that the snapshot does not hold, and record the wanted ones."""
    paths = read_recorded_paths(catalog.connection)
    new = (
        file for file in scan(sources, (), library.root).files if path_text(file.path) not in paths
    )
    found = {}
    for identified in identify_all(file for file in new if file.skip is None):
        if identified.photo.photo_id in wanted:
            catalog.add_found([(identified.photo, identified.skip)])
            found[identified.photo.photo_id] = identified.photo
    return found


def _as_done(
    scene: LooseScene, file: PhotoFile, recipe: Recipe | None, store: Store
) -> Done | None:
    """Return the outcome of the run that made the scene; None if that cannot be determined."""
    if recipe is None:
        return None
    file = replace(file, context=find_sidecars(file.path), set_focal_35mm=recipe.user_focal_35mm)
    decoded = DecodeStage(recipe.settings, store).process(file)
    if isinstance(decoded, Skipped | Failed):
        return None
    photo = decoded[0]
    if photo.meta.focal.sidecar_focal_35mm == recipe.user_focal_35mm:  # no flag had to set it
        photo = replace(photo, file=replace(file, set_focal_35mm=None))
    return Done(photo, recipe.record(scene))
