"""A lost catalog, rebuilt from its Parquet snapshot and from scene files that came after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.photo_texts import add_missing_texts
from pipeline.flow.scene_id import scene_id_of
from pipeline.metadata.focal import focal_35mm_of_px
from pipeline.store.layout import SCENES, ScenePath, SnapshotPath, parse
from pipeline.store.store import Store, measure
from schemas.arrow import snapshot_tables
from schemas.errors import FormatError, StoreError, UsageError
from schemas.migrations import MIGRATIONS
from schemas.outcomes import PHOTO_STAGES
from schemas.records import RECORDED_DEPTHS, MediaType, SceneRecord, StoredFile
from schemas.setting_fields import from_recorded
from schemas.settings import PhotoSettings, SplatSettings
from schemas.tables import CATALOG_VERSION, runs, scenes
from schemas.user_focals import UserFocals
from sharp_core.models.registry import MODELS

_ROWS = 20_000  # in memory at a time


def find_snapshot(store: Store) -> int | None:
    """Return the version of the library's snapshot; None where there is none, or not a whole one.

    It is that of the oldest file: they differ where a run was killed while it wrote the first
    snapshot after an upgrade. Raises StoreError where it is damaged or too new.
    """
    versions = []
    for table in snapshot_tables():
        if store.exists(_file(table)):
            with _opened(store, table) as file:
                schema = file.schema_arrow
            versions.append(int((schema.metadata or {}).get(b"catalog_version", b"0")))
    if max(versions, default=0) > CATALOG_VERSION:
        raise StoreError(
            f"the snapshot {store.address('catalog')} has version {max(versions)}, and this "
            f"sharp-batch knows versions up to {CATALOG_VERSION}",
            "Update sharp-batch.",
        )
    version = min(versions, default=CATALOG_VERSION)
    is_whole = all(store.exists(_file(table)) for table in snapshot_tables(version))
    return version if is_whole else None


def load_snapshot(connection: Connection, store: Store, version: int) -> dict[str, int]:
    """Fill the empty tables of a new catalog from a snapshot of `version`; returns rows by table.

    One transaction of the caller's. Raises StoreError where the snapshot is damaged.
    """
    counts = {}
    for table in snapshot_tables(version):
        with _opened(store, table) as file:
            counts[table.name] = _load(connection, table, file)
    for step in range(version, CATALOG_VERSION):
        MIGRATIONS[step].change_rows(connection)
    add_missing_texts(connection)
    return counts


@contextmanager
def _opened(store: Store, table: sa.Table) -> Iterator[pq.ParquetFile]:
    """Open a file of the snapshot. Raises StoreError where it cannot be read."""
    try:
        with store.open_local(_file(table)) as path, pq.ParquetFile(path) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            f"the snapshot {store.address(_file(table))} cannot be read: {error}",
            "Without it, move the folder catalog away: the next ingest finds the photos again.",
        ) from error


def _load(connection: Connection, table: sa.Table, file: pq.ParquetFile) -> int:
    # A counter continues after the highest number, so the rows are renumbered, in order.
    names = {
        column.name
        for column in table.columns
        if column.autoincrement is not True and column.name in file.schema_arrow.names
    }
    count = 0
    for batch in file.iter_batches(_ROWS, columns=sorted(names)):
        if batch.num_rows:
            connection.execute(table.insert(), batch.to_pylist())
            count += batch.num_rows
    return count


def _file(table: sa.Table) -> str:
    return SnapshotPath(table.name).path


@dataclass(frozen=True, slots=True)
class LooseScene:
    """A whole scene file without a row: what its own bytes tell."""

    scene_id: str
    photo_id: str
    splat: SplatSettings
    file: StoredFile
    gaussians: int
    depths_m: tuple[float, float, float]  # near, median, far
    focal_35mm: float  # rounded, as a person gives it


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model and settings by which scenes of this library were made."""

    model: str
    fingerprint: str
    settings: PhotoSettings
    user_focal_35mm: float | None = None  # that a person had set

    def record(self, loose: LooseScene) -> SceneRecord:
        """Return the scene's record; how long it took is not known."""
        return SceneRecord(
            scene_id=loose.scene_id,
            photo_id=loose.photo_id,
            model=self.model,
            model_fingerprint=self.fingerprint,
            format=loose.splat.format,
            quality=loose.splat.quality,
            splat=loose.file,
            gaussians=loose.gaussians,
            depth_near_m=loose.depths_m[0],
            depth_median_m=loose.depths_m[1],
            depth_far_m=loose.depths_m[2],
            depth_scale=None,
            scale_source=None,
            predict_seconds=0.0,
            encode_seconds=0.0,
            user_focal_35mm=self.user_focal_35mm,
        )


def loose_scenes(connection: Connection, store: Store) -> Iterator[LooseScene]:
    """Yield scene files whose scenes the catalog does not have, and that name their photo.

    Of several files of one scene, as a killed `convert` leaves them, the first counts.
    """
    recorded = set(connection.scalars(sa.select(scenes.c.scene_id)))
    for file in store.files(SCENES):
        what = parse(file.path)
        if isinstance(what, ScenePath) and what.scene_id not in recorded:
            with suppress(OSError, FormatError, UsageError):  # UsageError: of no format of today
                loose = _read_loose(store, what)
                if loose is not None:
                    recorded.add(what.scene_id)
                    yield loose


def _read_loose(store: Store, scene: ScenePath) -> LooseScene | None:
    # Imported here: torch takes seconds, and snapshots need none of it.
    from sharp_core.formats.registry import read_scene
    from sharp_core.scene.gaussians import depth_quantiles, distance_quantiles

    splat = SplatSettings(scene.format, scene.quality)
    with store.open_local(scene.path) as local:
        stored = read_scene(local)
        file = measure(local, scene.path)
    info = stored.info
    if info is None or info.photo_id is None:
        return None
    quantiles = distance_quantiles if info.is_360 else depth_quantiles
    near, median, far = quantiles(stored.gaussians, RECORDED_DEPTHS)
    return LooseScene(
        scene.scene_id,
        info.photo_id,
        splat,
        file,
        len(stored.gaussians),
        (near, median, far),
        round(focal_35mm_of_px(info.focal_px, info.width, info.height), 3),
    )


def recipes(connection: Connection) -> list[Recipe]:
    """Return every model and settings that this library was made with, by its scenes and runs."""
    models = {(model.name, model.fingerprint) for model in MODELS if model.fingerprint}
    columns = sa.select(scenes.c.model, scenes.c.model_fingerprint).distinct()
    models.update((row[0], row[1]) for row in connection.execute(columns))
    settings = {PhotoSettings()}
    for text in connection.scalars(sa.select(runs.c.settings).distinct()):
        photo = json.loads(text).get("photo")
        if isinstance(photo, dict) and (known := from_recorded(PhotoSettings, photo)) is not None:
            settings.add(known)
    return [Recipe(*model, setting) for model in sorted(models) for setting in settings]


def recipe_of(
    loose: LooseScene, media_type: MediaType, known: list[Recipe], focals: UserFocals
) -> Recipe | None:
    """Return what a scene was made with: its id is the hash of that and of its photo.

    `focals` are those that are set for the photo now. Others may have been set then.
    """
    for recipe in known:
        tried = dict.fromkeys(
            (None, recipe.settings.focal_35mm, *focals.values(), loose.focal_35mm)
        )
        for user_focal in tried:
            for is_sphere in (False, True):
                scene_id = scene_id_of(
                    *(loose.photo_id, media_type, recipe.fingerprint, recipe.settings, user_focal),
                    is_sphere=is_sphere,
                )
                if scene_id == loose.scene_id:
                    settings = replace(recipe.settings, allow_360=is_sphere)
                    return replace(recipe, settings=settings, user_focal_35mm=user_focal)
    return None


def forget_seconds(connection: Connection, scene_ids: list[str]) -> None:
    """Record that the times of these scenes are unknown."""
    unknown: dict[str, Any] = {f"{stage}_seconds": None for stage in PHOTO_STAGES}
    connection.execute(scenes.update().where(scenes.c.scene_id.in_(scene_ids)).values(**unknown))
