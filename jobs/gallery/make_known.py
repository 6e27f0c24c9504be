"""Makes scenes of photos that a library knows, with the settings of the runs that should have.

A part of the worker process. Nothing is imported by the server.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.query import paths_of
from pipeline.catalog.text import path_on_disk
from pipeline.library import Library
from pipeline.store.root import parse_root
from schemas.choices import Device, DType
from schemas.errors import SharpBatchError, UsageError, WeightsMissingError
from schemas.setting_fields import from_recorded
from schemas.settings import IngestSettings, ModelSettings, PhotoSettings, SplatSettings
from schemas.tables import failures, runs

if TYPE_CHECKING:
    from jobs.runs.ingest import IngestReport


class _Known(NamedTuple):
    """Photos by the recorded settings of their run, and those of which no file is left."""

    files: dict[str, list[Path]]
    without_file: int


def make_known(library: str, catalog: str | None, photo_ids: Sequence[str]) -> dict[str, object]:
    """Make scenes of photos by their ids, and of those alone; return how many came out how.

    Where the photos of some runs cannot be made with their settings, the others are: the count of
    those is `not_begun`, and `error` and `hint` say why. Raises UsageError, LibraryBusyError,
    WeightsError, StoreError, RunError where none can be made.
    """
    target = Library.resolve(parse_root(library), catalog)
    with target.read() as connection:
        known = _known(connection, photo_ids)
    if not known.files:
        raise UsageError("The files of these photos are gone.")
    counts = Counter(made=0, failed=0, skipped=0, not_begun=0, without_file=known.without_file)
    problems: list[SharpBatchError] = []
    with target.hold("gallery", for_runs=True):
        for recorded, files in known.files.items():
            try:
                report = _ingest(target, files, ingest_settings(recorded))
            except SharpBatchError as error:  # such as a checkpoint that is gone
                problems.append(error)
                counts["not_begun"] += len(files)
                continue
            counts.update(made=report.done, failed=report.failed, skipped=report.skipped)
            if report.is_stop_requested:
                break
    if not problems:
        return dict(counts)
    if len(problems) == len(known.files):
        raise problems[0]
    return {**counts, "error": problems[0].message, "hint": problems[0].hint}


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


def _ingest(library: Library, files: list[Path], settings: IngestSettings) -> IngestReport:
    from jobs.console.output import Output
    from jobs.runs.ingest import Ingest
    from pipeline.flow import model as models
    from pipeline.flow.inline import run_inline

    model = models.resolve_model(settings.model)
    if model.lacks_weights:
        raise WeightsMissingError.of_model(model.name)
    run = Ingest(library, files, settings, model, Output(quiet=True))
    return run.run(lambda: contextlib.nullcontext(run_inline), of_gallery=True)


def _known(connection: Connection, photo_ids: Sequence[str]) -> _Known:
    usual = _usual(connection)
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
            named = (Path(path_on_disk(path)) for path in paths.get(photo_id, ()))
            there = [path for path in named if path.is_file()]
            if there:
                files[_of_run(settings.get(photo_id, usual))].append(there[0])
            else:
                without_file += 1
    return _Known(dict(files), without_file)


def _usual(connection: Connection) -> str:
    """Return the settings of the last run that a person began: the gallery has its own."""
    last = sa.select(runs.c.settings).where(runs.c.command == "ingest")
    recorded = connection.scalars(last.order_by(runs.c.started_at.desc()))
    return next((text for text in recorded if not json.loads(text).get("of_gallery")), "{}")


def _of_run(recorded: str) -> str:
    """Return what of a run's settings its scenes depend on, so that photos of alike runs join."""
    values: dict[str, Any] = json.loads(recorded)
    return json.dumps({name: values.get(name) for name in ("model", "photo", "splat")})
