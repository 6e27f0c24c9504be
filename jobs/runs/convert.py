"""Converts a library to another format. Resumable: scenes that already have it are not changed.

The new file is written first, then the row is updated, then the old file is removed: at every
moment, each row names a whole file. The next run removes what a killed run left.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jobs.console.output import Output
from jobs.runs.run import new_run_id
from jobs.runs.scene_run import RunnerMaker, SceneRunReport, SceneWork, run_over_scenes
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.scenes.conversions import ConvertStage, due_conversions
from pipeline.store.layout import SCENES, ScenePath, parse
from pipeline.store.store import Store
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.outcomes import Made
from schemas.records import SceneFile
from schemas.settings import SplatSettings
from schemas.tables import scenes


@dataclass(slots=True, kw_only=True)
class ConvertReport(SceneRunReport):
    """What a run did; `bytes` are those of the new files."""

    format: str = ""
    quality: str | None = None
    bytes_before: int = 0  # of the files that were replaced


def convert_library(
    library: Library,
    filters: Filters,
    settings: SplatSettings,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
    limit_s: float = SCENE_LIMIT_S,
    max_gaussians: int | None = None,
) -> ConvertReport:
    """Store the scenes of the photos that filters select as `settings` say.

    Scenes with more Gaussians than `max_gaussians` are stored with so many.

    Raises UsageError, LibraryBusyError, RunError.
    """
    store = library.store
    report = ConvertReport(
        run_id=new_run_id(),
        library=str(library),
        format=settings.format,
        quality=settings.quality,
    )

    def due(connection: Connection) -> tuple[list[SceneFile], int]:
        _remove_leftovers(connection, store)
        return due_conversions(connection, filters, settings, max_gaussians)

    def remove_old(made: Made) -> None:
        if made.splat is None:
            return
        report.bytes_before += made.splat.replaced_bytes
        if made.splat.replaces != made.splat.file.path:
            with contextlib.suppress(FileNotFoundError):
                store.remove(made.splat.replaces)

    stage = ConvertStage(settings, store, max_gaussians, limit_s=limit_s)
    recorded = {**asdict(settings), "max_gaussians": max_gaussians}
    work = SceneWork("convert", recorded, stage, due, remove_old)
    run_over_scenes(library, work, report, output, runner, deadline)
    return report


def _remove_leftovers(connection: Connection, store: Store) -> None:
    """Remove files of scenes that their rows do not name, as a killed run leaves them."""
    rows = connection.execute(sa.select(scenes.c.scene_id, scenes.c.splat_path))
    named = {row.scene_id: row.splat_path for row in rows}
    for path, _ in store.files(SCENES):
        what = parse(path)
        if isinstance(what, ScenePath) and named.get(what.scene_id, path) != path:
            store.remove(path)
