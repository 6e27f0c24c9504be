"""Scenes of a real ingest lose their scores, and get the same ones again from their files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from jobs.console.output import Output
from jobs.runs.scene_run import scene_runner
from jobs.runs.score import ScoreReport, score
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from schemas.quality import SCORE_PREFIX
from tests.support.relief import ingest_reliefs
from tests.support.textures import page, photo_like


@pytest.fixture
def library(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, pixels in (("a.png", photo_like()), ("page.png", page())):
        Image.fromarray(pixels).save(photos / name)
    ingest_reliefs(tmp_path / "library", photos)
    return tmp_path / "library"


def run_score(library: Path, *, again: bool = False, **filters: str) -> ScoreReport:
    runner = scene_runner(inline=True, address=None)
    chosen = Filters(**filters)  # type: ignore[arg-type]
    return score(Library.resolve(library), chosen, Output(quiet=True), runner, again=again)


def read(library: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(library / "catalog.sqlite") as connection:
        return connection.execute(query).fetchall()


def write(library: Path, *statements: str) -> None:
    with sqlite3.connect(library / "catalog.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)


SCORES = "SELECT photo_id, score, score_parts FROM scenes ORDER BY photo_id"
FLAGS = "SELECT photo_id, flag FROM photo_flags ORDER BY 1, 2"
SHOWN = "SELECT photo_id, score FROM photos ORDER BY photo_id"
FORGET = (
    "UPDATE scenes SET score = NULL, score_parts = NULL",
    "UPDATE photos SET score = NULL",
    "DELETE FROM photo_flags",
)


def test_an_ingest_scores_its_scenes_and_flags_its_photos(library: Path) -> None:
    scores = read(library, SCORES)
    assert len(scores) == 2
    assert all(0 < value < 1 for _, value, _ in scores)
    assert all(str(parts).startswith(SCORE_PREFIX) for _, _, parts in scores)
    assert read(library, SHOWN) == [row[:2] for row in scores]
    assert [flag for _, flag in read(library, FLAGS)] == ["document"]
    ((document,),) = read(library, "SELECT photo_id FROM photo_flags")
    assert min(scores, key=lambda row: row[1])[0] == document
    assert run_score(library).unchanged == 2


def test_scenes_without_a_score_get_the_one_that_their_run_would_have_given(library: Path) -> None:
    before, flags = read(library, SCORES), read(library, FLAGS)
    write(library, *FORGET)
    report = run_score(library)
    assert (report.done, report.unchanged, report.failed) == (2, 0, 0)
    assert read(library, FLAGS) == flags
    for (_, was, _), (_, now, _) in zip(before, read(library, SCORES), strict=True):
        assert now == pytest.approx(was, abs=0.03)  # the stored scene is quantised
    assert read(library, SHOWN) == [row[:2] for row in read(library, SCORES)]


def test_scores_of_another_version_are_made_again_and_filters_select(library: Path) -> None:
    write(library, """UPDATE scenes SET score = 0.5, score_parts = '{"version": 0, "x": 1}'""")
    assert run_score(library, text="page").done == 1
    assert run_score(library).done == 1
    assert run_score(library).done == 0
    assert run_score(library, again=True).done == 2


def test_a_photo_that_is_gone_is_replaced_by_its_thumbnail(library: Path) -> None:
    before, flags = read(library, SCORES), read(library, FLAGS)
    for path in (library.parent / "photos").iterdir():
        path.unlink()
    write(library, "UPDATE scenes SET score = NULL, score_parts = NULL")
    assert run_score(library).done == 2
    assert read(library, FLAGS) == flags  # what was known of the photo itself stays
    for (_, was, _), (_, now, _) in zip(before, read(library, SCORES), strict=True):
        assert now == pytest.approx(was, abs=0.3)


def test_a_damaged_scene_is_a_failure_and_the_others_get_scores(library: Path) -> None:
    write(library, *FORGET)
    ((path,),) = read(library, "SELECT splat_path FROM scenes LIMIT 1")
    (library / str(path)).write_bytes(b"not a scene")
    report = run_score(library)
    assert (report.done, report.failed) == (1, 1)
    assert read(library, "SELECT stage FROM failures") == [("score",)]
