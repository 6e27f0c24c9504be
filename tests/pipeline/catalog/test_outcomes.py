"""Outcomes that change a part of what the catalog holds. `test_writer.py` has the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.catalog.writer import CatalogWriter
from schemas.context import ContextUpdate, PhotoContext
from schemas.errors import FailureReason
from schemas.outcomes import Made, NewSplat, Surveyed
from schemas.records import StoredFile
from schemas.tables import artifacts, failures, photos, scenes
from tests.support.library_of_records import RUN, clip, done, failed, meta, new_catalog, photo_file

FILE = photo_file("a.jpg")
DONE = done(FILE)


def catalog_of_one(root: Path) -> CatalogWriter:
    catalog = new_catalog(root)
    catalog.add_found([(FILE, None)])
    catalog.record(DONE, RUN)
    return catalog


def rows(catalog: CatalogWriter, table: sa.Table) -> list[Any]:
    with catalog.engine.connect() as reader:
        return list(reader.execute(sa.select(table)))


def test_a_scene_stored_again_keeps_its_id_and_its_row(tmp_path: Path) -> None:
    file = StoredFile("scenes/new.sog", 9, "3" * 64)
    splat = NewSplat(DONE.scene.scene_id, "sog", "max", file, 8, DONE.scene.splat.path)
    with catalog_of_one(tmp_path) as catalog:
        catalog.record(Made(FILE, (), 1.0, splat), RUN)
        (row,) = rows(catalog, scenes)
    assert (row.scene_id, row.format, row.quality) == (splat.scene_id, "sog", "max")
    assert (row.splat_path, row.splat_bytes, row.gaussians) == (file.path, 9, 8)


def test_a_file_replaces_the_row_of_its_path(tmp_path: Path) -> None:
    first = clip(DONE.scene)
    second = replace(first, artifact_id="f" * 32, settings='{"seconds": 3}')
    with catalog_of_one(tmp_path) as catalog:
        for artifact in (first, second):
            catalog.record(Made(FILE, (artifact,), 1.0), RUN)
        clips = [row for row in rows(catalog, artifacts) if row.kind == "clip"]
    assert [(row.artifact_id, row.settings) for row in clips] == [("f" * 32, second.settings)]


def test_failed_previews_are_recorded_beside_a_done_scene(tmp_path: Path) -> None:
    failure = failed(FILE, FailureReason.MODEL_ERROR)
    with catalog_of_one(tmp_path) as catalog:
        catalog.record(replace(DONE, preview_failure=failure), RUN)
        assert [row.state for row in rows(catalog, photos)] == ["done"]
        assert [row.reason for row in rows(catalog, failures)] == ["model_error"]


def test_a_failure_that_is_not_final_leaves_the_photo_due(tmp_path: Path) -> None:
    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(FILE, None)])
        for _ in range(2):
            catalog.record(replace(failed(FILE), is_final=False), RUN)
        assert [row.state for row in rows(catalog, photos)] == ["due"]
        assert [row.attempt for row in rows(catalog, failures)] == [1, 2]


def test_metadata_read_again_keeps_the_scene_and_the_size(tmp_path: Path) -> None:
    with catalog_of_one(tmp_path) as catalog:
        update = ContextUpdate(FILE.photo_id, (), PhotoContext())
        catalog.add_surveyed([], [Surveyed(FILE, meta(2001, model="X-T5"), None, update)])
        (row,) = rows(catalog, photos)
    assert (row.taken_at.year, row.camera_model) == (2001, "X-T5")
    assert (row.state, row.width, row.focal_px) == ("done", 4000, 3000.0)
    assert row.scene_id == DONE.scene.scene_id
