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
    name: Stage = Stage.CONVERT
    limit_s: float = SCENE_LIMIT_S
    cores: int = 1  # of a worker
    gpus: float = 0.0

    def process(self, scene: SceneFile) -> Made | Failed:
        """Convert one scene. Raises RunError."""
        started = time.perf_counter()
        try:
            stored = read_stored(self.store, scene.splat_path)
            info = info_of_stored(scene)
            file = store_splat(self.store, scene.scene_id, stored.gaussians, info, self.settings)
        except RunError:
            raise
        except Exception as error:
            return failed(scene.photo, self.name, error)
        splat = NewSplat(
            scene.scene_id,
            self.settings.format,
            self.settings.quality,
            file,
            len(stored.gaussians),
            scene.splat_path,
        )
        return Made(scene.photo, (), time.perf_counter() - started, splat)


def due_conversions(
    connection: Connection, filters: Filters, settings: SplatSettings
) -> tuple[list[SceneFile], int]:
    """Return the scenes in another format or quality, and how many already have the wanted one.

    All scenes of the selected photos count, superseded ones too. Detail lost by a coarser preset
    does not come back; a scene is converted to a finer preset all the same.
    """
    chosen = None if filters == Filters() else find_photo_ids(connection, filters)
    columns = scenes.c.scene_id, scenes.c.photo_id, scenes.c.format, scenes.c.quality
    due, unchanged = [], 0
    for row in connection.execute(sa.select(*columns).order_by(scenes.c.scene_id)):
        if chosen is not None and row.photo_id not in chosen:
            continue
        if (row.format, row.quality) == (settings.format, settings.quality):
            unchanged += 1
        else:
            due.append(row.scene_id)
    return list(scene_files(connection, due)), unchanged
