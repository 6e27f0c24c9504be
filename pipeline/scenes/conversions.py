"""Scenes of a library -> the same scenes in another format or quality."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_photo_ids
from pipeline.catalog.scenes import scene_files
from pipeline.scenes.read import read_stored
from pipeline.scenes.reduce import reduce_scene
from pipeline.scenes.scene_info import info_of_stored
from pipeline.scenes.write import store_splat
from pipeline.store.store import Store
from pipeline.work.failures import failed
from schemas.errors import RunError
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.outcomes import Failed, Made, NewSplat, Stage
from schemas.records import SceneFile
from schemas.settings import SplatSettings
from schemas.tables import scenes


@dataclass(frozen=True, slots=True)
class ConvertStage:
    """Stored scene -> the same scene in another file beside it. The old file stays."""

    settings: SplatSettings
    store: Store
    max_gaussians: int | None = None
    name: Stage = Stage.CONVERT
    limit_s: float = SCENE_LIMIT_S
    cores: int = 1  # of a worker
    gpus: float = 0.0

    def process(self, scene: SceneFile) -> Made | Failed:
        """Convert one scene. Raises RunError."""
        started = time.perf_counter()
        try:
            stored = read_stored(self.store, scene.splat_path)
            before = self.store.size(scene.splat_path)
            info = info_of_stored(scene)
            gaussians, reduced = stored.gaussians, None
            if self.max_gaussians is not None:
                reduced = reduce_scene(gaussians, info, self.max_gaussians, self.cores)
                gaussians = gaussians if reduced is None else reduced.gaussians
            file = store_splat(self.store, scene.scene_id, gaussians, info, self.settings)
        except RunError:
            raise
        except Exception as error:
            return failed(scene.photo, self.name, error)
        splat = NewSplat(
            scene.scene_id,
            self.settings.format,
            self.settings.quality,
            file,
            len(gaussians),
            scene.splat_path,
            before,
        )
        loss = None if reduced is None else reduced.loss
        return Made(scene.photo, (), time.perf_counter() - started, splat, reduced=loss)


def due_conversions(
    connection: Connection,
    filters: Filters,
    settings: SplatSettings,
    max_gaussians: int | None = None,
) -> tuple[list[SceneFile], int]:
    """Return the scenes in another format or quality, and how many already have the wanted one.

    With `max_gaussians`, scenes with more are due, too.

    All scenes of the selected photos count, superseded ones too. Detail lost by a coarser preset
    does not come back; a scene is converted to a finer preset all the same.
    """
    chosen = None if filters == Filters() else find_photo_ids(connection, filters)
    names = "scene_id", "photo_id", "format", "quality", "gaussians"
    columns = [scenes.c[name] for name in names]
    due, unchanged = [], 0
    for row in connection.execute(sa.select(*columns).order_by(scenes.c.scene_id)):
        if chosen is not None and row.photo_id not in chosen:
            continue
        is_within = max_gaussians is None or (row.gaussians or 0) <= max_gaussians
        if is_within and (row.format, row.quality) == (settings.format, settings.quality):
            unchanged += 1
        else:
            due.append(row.scene_id)
    return list(scene_files(connection, due)), unchanged
