"""Makes scenes of photos that a library knows, with the settings of the runs that should have.

A part of the worker process. Nothing is imported by the server.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.query import paths_of
from pipeline.catalog.text import path_bytes
from pipeline.library import Library
from pipeline.store.root import parse_root
from schemas.choices import Device, DType
from schemas.errors import UsageError, WeightsMissingError
from schemas.setting_fields import from_recorded
from schemas.settings import IngestSettings, ModelSettings, PhotoSettings, SplatSettings
from schemas.tables import failures, runs


class _Known(NamedTuple):
    """Photos by the recorded settings of their run, and those of which no file is left."""

    files: dict[str, list[Path]]
    without_file: int


def make_known(library: str, catalog: str | None, photo_ids: Sequence[str]) -> dict[str, object]:
    """Make scenes of photos by their ids, and of those alone; return how many came out how.

    Raises UsageError, LibraryBusyError, WeightsMissingError, StoreError, RunError.
    """
    target = Library.resolve(parse_root(library), catalog)
    with target.read() as connection:
        known = _known(connection, photo_ids)
    if not known.files:
        raise UsageError("The files of these photos are gone.")
    counts = {"made": 0, "failed": 0, "skipped": 0, "without_file": known.without_file}
    with target.hold("gallery", for_runs=True):
        for recorded, files in known.files.items():
            for name, number in _ingest(target, files, ingest_settings(recorded)).items():
                counts[name] += number
    return dict(counts)


def ingest_settings(recorded: str) -> IngestSettings:
    """Return the settings of a run from its row, for other photos.

    Settings that a newer or older version has recorded are the usual ones.
    """
    values: dict[str, Any] = json.loads(recorded)

    def group(kind: type[Any], name: str) -> Any:  # noqa: ANN401 - of this kind
        found = from_recorded(kind, values.get(name) or {})
        return kind() if found is None else found

    model: ModelSettings = group(ModelSettings, "model")
    model = replace(
        model,
        checkpoint=None if model.checkpoint is None else Path(model.checkpoint),
        device=Device(model.device),
        dtype=DType(model.dtype),
    )
    photo: PhotoSettings = group(PhotoSettings, "photo")
    return IngestSettings(
        model,
        # The catalog holds the focal lengths that people have set.
        replace(photo, focal_35mm=None, forget_focal=False),
        group(SplatSettings, "splat"),
        retry_failed=True,
    )


def _ingest(library: Library, files: list[Path], settings: IngestSettings) -> dict[str, int]:
    from jobs.console.output import Output
    from jobs.runs.ingest import Ingest
    from pipeline.flow import model as models
    from pipeline.flow.inline import run_inline

    model = models.resolve_model(settings.model)
    if model.lacks_weights:
        raise WeightsMissingError.of_model(model.name)
    run = Ingest(library, files, settings, model, Output(quiet=True))
    report = run.run(lambda: contextlib.nullcontext(run_inline))
    return {"made": report.done, "failed": report.failed, "skipped": report.skipped}


def _known(connection: Connection, photo_ids: Sequence[str]) -> _Known:
    last = sa.select(runs.c.settings).where(runs.c.command == "ingest")
    usual = connection.scalar(last.order_by(runs.c.started_at.desc()).limit(1)) or "{}"
    files: defaultdict[str, list[Path]] = defaultdict(list)
    without_file = 0
    for chunk in in_groups(photo_ids):
        paths = paths_of(connection, chunk)
        failed = (
            sa.select(failures.c.photo_id, runs.c.settings)
            .join(runs, runs.c.run_id == failures.c.run_id)
            .where(failures.c.photo_id.in_(chunk), runs.c.command == "ingest")
            .order_by(failures.c.failure_id)
        )
        settings = {row.photo_id: row.settings for row in connection.execute(failed)}
        for photo_id in chunk:
            named = (Path(os.fsdecode(path_bytes(path))) for path in paths.get(photo_id, ()))
            there = [path for path in named if path.is_file()]
            if there:
                files[_of_run(settings.get(photo_id, usual))].append(there[0])
            else:
                without_file += 1
    return _Known(dict(files), without_file)


def _of_run(recorded: str) -> str:
    """Return what of a run's settings its scenes depend on, so that photos of alike runs join."""
    values: dict[str, Any] = json.loads(recorded)
    return json.dumps({name: values.get(name) for name in ("model", "photo", "splat")})
