"""Previews that fail while their scene is stored: their own failure, and due again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.console.output import Output
from jobs.runs.preview import preview
from jobs.runs.scene_run import scene_runner
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.scenes import previews as scene_previews
from schemas.errors import PhotoError
from schemas.execution_settings import StageLimits
from schemas.export_settings import PreviewSettings
from schemas.reasons import FailureReason
from schemas.settings import IngestSettings
from schemas.tables import artifacts, failures, photos
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest

CLIPS = PreviewSettings(seconds=0.2, long_side=64)
SETTINGS = IngestSettings(previews=CLIPS)


def states_and_failures(library: Path) -> tuple[set[str], list[tuple[str, str, bool]]]:
    with Library.resolve(library).read() as connection:
        rows = connection.execute(
            sa.select(failures.c.stage, failures.c.reason, failures.c.is_final)
        )
        states = set(connection.scalars(sa.select(photos.c.state)))
        return states, [tuple(row) for row in rows]


def preview_files(library: Path) -> int:
    kinds = artifacts.c.kind != "thumb"
    with Library.resolve(library).read() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).where(kinds)) or 0)


def test_failed_previews_are_recorded_counted_and_reported_and_the_photos_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> bytes:
        raise PhotoError(FailureReason.MODEL_ERROR, "no picture of this scene")

    make_photos(tmp_path / "photos", 2)
    library = tmp_path / "library"
    with monkeypatch.context() as patch:
        patch.setattr(scene_previews.PreviewStage, "_make", fail)
        report = ingest(library, tmp_path / "photos", settings=SETTINGS, output=Output())
    assert (report.done, report.failed, report.previews_failed) == (2, 0, 2)
    states, recorded = states_and_failures(library)
    assert states == {"done"}
    assert recorded == [("preview", "model_error", True)] * 2
    assert capsys.readouterr().err.count("no preview") == 2
    assert preview_files(library) == 0
    assert ingest(library, tmp_path / "photos", settings=SETTINGS).due == 0
    runner = scene_runner(inline=True, address=None)
    retried = preview(Library.resolve(library), Filters(), CLIPS, Output(quiet=True), runner)
    assert (retried.done, retried.failed) == (2, 0)
    assert preview_files(library) == 2


def test_previews_that_take_too_long_cost_no_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photos(tmp_path / "photos", 1)
    library = tmp_path / "library"
    monkeypatch.setattr(scene_previews.PreviewStage, "_make", lambda *_: time.sleep(60))
    settings = IngestSettings(previews=CLIPS, limits=StageLimits(encode_s=1.0))
    report = ingest(library, tmp_path / "photos", settings=settings)
    assert (report.done, report.previews_failed) == (1, 1)
    assert states_and_failures(library) == ({"done"}, [("preview", "timeout", True)])
