from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import av
import pytest
from PIL import Image
from sqlalchemy.engine import Connection

from jobs.nightly.best_scenes import find_best, make_media
from pipeline.library import Library
from pipeline.work.stop import Stop
from tests.support.relief import ingest_reliefs
from tests.support.textures import page, photo_like

NAMES = {"a.png": 0, "b.png": 1, "c.png": 2}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a library with four scenes, one of them of a page, and the run that made it."""
    folder = tmp_path_factory.mktemp("best")
    (folder / "photos").mkdir()
    for name, seed in NAMES.items():
        Image.fromarray(photo_like(seed=seed)).save(folder / "photos" / name)
    Image.fromarray(page()).save(folder / "photos" / "page.png")
    report = ingest_reliefs(folder / "library", folder / "photos")
    return folder / "library", report.run_id


@pytest.fixture
def catalog(made: tuple[Path, str]) -> Iterator[Connection]:
    with Library.resolve(made[0]).read() as connection:
        yield connection


def write(library: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(library / "catalog.sqlite") as connection:
        connection.execute(statement, values)


def test_the_best_scenes_of_the_run_come_first_and_pages_are_left_out(
    made: tuple[Path, str], catalog: Connection
) -> None:
    best = find_best(catalog, [made[1]])
    assert {one.name for one in best} == set(NAMES)
    assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
    assert len(find_best(catalog, [made[1]], limit=2)) == 2
    assert find_best(catalog, ["another run"]) == []


def test_of_one_moment_only_the_best_is_shown(made: tuple[Path, str]) -> None:
    write(made[0], "UPDATE photos SET group_id = 'g'")
    try:
        with Library.resolve(made[0]).read() as connection:
            assert len(find_best(connection, [made[1]])) == 1
    finally:
        write(made[0], "UPDATE photos SET group_id = NULL")


def test_each_scene_has_a_picture_and_a_clip_of_small_size(
    made: tuple[Path, str], catalog: Connection
) -> None:
    (best,) = find_best(catalog, [made[1]], limit=1)
    store = Library.resolve(made[0]).store
    media = make_media(catalog, store, [best], Stop(None))[best.scene_id]
    assert media.picture is not None
    assert media.clip is not None
    assert Image.open(io.BytesIO(media.picture)).size == (480, 320)
    with av.open(io.BytesIO(media.clip)) as clip:
        assert (clip.streams.video[0].width, clip.streams.video[0].height) == (384, 256)
    assert len(media.picture) + len(media.clip) < 1_000_000


def test_when_the_time_is_up_or_files_are_gone_the_rest_is_shown(
    made: tuple[Path, str], catalog: Connection, tmp_path: Path
) -> None:
    best = find_best(catalog, [made[1]], limit=1)
    library = Library.resolve(made[0])
    late = Stop(datetime.now().astimezone() - timedelta(seconds=1))
    (media,) = make_media(catalog, library.store, best, late).values()
    assert media.picture is not None
    assert media.clip is None
    empty = Library.resolve(tmp_path / "empty").store
    (media,) = make_media(catalog, empty, best, Stop(None)).values()
    assert (media.picture, media.clip) == (None, None)
