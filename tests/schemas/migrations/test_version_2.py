"""What version 1 did not say of set focal lengths is derived from its scenes and runs."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_unchecked
from pipeline.catalog.migrate import migrate
from pipeline.library import Library
from schemas.tables import photos, scenes, user_focals
from tests.support.freeze_catalog import thaw
from tests.support.library_of_records import digest, photo_file

FLAG_RUN, SIDECAR_RUN = "run-flag", "run-sidecar"
PHOTO = photo_file("done.jpg").photo_id
FILM_DIAGONAL_MM = 43.266615
DIAGONAL_PX = 5000.0  # of 4000 x 3000


def add_scene(
    connection: Connection, name: str, run: str, focal_35mm: float, source: str, day: int
) -> None:
    """Copy the photo's scene of 'prior' as one with another focal length."""
    copied = dict(
        connection.execute(
            sa.text("SELECT * FROM scenes WHERE photo_id = :photo AND model = 'prior'"),
            {"photo": PHOTO},
        )
        .mappings()
        .first()
        or {}
    )
    copied |= {
        "scene_id": digest(name),
        "run_id": run,
        "focal_px": focal_35mm * DIAGONAL_PX / FILM_DIAGONAL_MM,
        "focal_source": source,
        "created_at": f"2025-01-{day:02d} 00:00:00.000000",
    }
    names = ", ".join(copied)
    values = ", ".join(f":{key}" for key in copied)
    connection.execute(sa.text(f"INSERT INTO scenes ({names}) VALUES ({values})"), copied)


def add_run(connection: Connection, run: str, focal_35mm: float | None) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO runs (run_id, command, state, host, pid, settings, started_at) "
            "VALUES (:run, 'ingest', 'finished', 'host', 1, :settings, "
            "'2025-01-01 00:00:00.000000')"
        ),
        {"run": run, "settings": json.dumps({"photo": {"focal_35mm": focal_35mm}})},
    )


def writing(root: Path, url: str | None) -> AbstractContextManager[Connection]:
    return open_unchecked(find_catalog(root, url))[0].begin()


@pytest.fixture
def old(tmp_path: Path, catalog_url: str | None) -> Path:
    """Return a library of version 1 whose photo has one scene, of the EXIF focal length."""
    thaw(tmp_path, 1, catalog_url)
    with writing(tmp_path, catalog_url) as connection:
        connection.execute(sa.text("DELETE FROM artifacts WHERE kind = 'clip'"))
        connection.execute(sa.text("DELETE FROM scenes WHERE model = 'sharp'"))
        add_run(connection, FLAG_RUN, 50.0)
        add_run(connection, SIDECAR_RUN, None)
    return tmp_path


def set_focals(connection: Connection) -> dict[str, float]:
    rows = connection.execute(sa.select(user_focals.c.source, user_focals.c.focal_35mm))
    return {row.source: row.focal_35mm for row in rows}


def best(connection: Connection) -> tuple[str, float, str]:
    """Return the best scene of the photo and the focal length that the photo shows."""
    columns = (photos.c.scene_id, photos.c.focal_px, photos.c.focal_source)
    row = connection.execute(sa.select(*columns).where(photos.c.photo_id == PHOTO)).one()
    return row.scene_id, row.focal_px, row.focal_source


def test_a_flag_of_an_old_run_is_remembered_and_its_scene_is_the_best(
    old: Path, catalog_url: str | None
) -> None:
    with writing(old, catalog_url) as connection:
        add_scene(connection, "by flag", FLAG_RUN, 50.0, "user", day=1)
        add_scene(connection, "by exif", SIDECAR_RUN, 28.0, "exif_35mm", day=2)
    migrate(find_catalog(old, catalog_url))
    with Library.resolve(old, catalog_url).read() as reader:
        assert set_focals(reader) == {"flag": 50.0}
        scene_id, focal_px, source = best(reader)
    assert (scene_id, source) == (digest("by flag"), "user")
    assert focal_px == pytest.approx(50.0 * DIAGONAL_PX / FILM_DIAGONAL_MM)


def test_the_newest_flag_counts(old: Path, catalog_url: str | None) -> None:
    with writing(old, catalog_url) as connection:
        add_run(connection, "run-later", 35.0)
        add_scene(connection, "later", "run-later", 35.0, "user", day=3)
        add_scene(connection, "earlier", FLAG_RUN, 50.0, "user", day=1)
    migrate(find_catalog(old, catalog_url))
    with Library.resolve(old, catalog_url).read() as reader:
        assert set_focals(reader) == {"flag": 35.0}
        assert best(reader)[0] == digest("later")


def test_a_scene_made_by_a_sidecar_says_what_the_sidecar_said(
    old: Path, catalog_url: str | None
) -> None:
    with writing(old, catalog_url) as connection:
        add_scene(connection, "by sidecar", SIDECAR_RUN, 35.0, "user", day=1)
    migrate(find_catalog(old, catalog_url))
    with Library.resolve(old, catalog_url).read() as reader:
        assert set_focals(reader) == {"sidecar": 35.0}
        made_with = sa.select(scenes.c.user_focal_35mm).where(scenes.c.focal_source == "user")
        assert reader.scalars(made_with).all() == [35.0]
        assert best(reader)[0] == digest("by sidecar")


def test_without_a_set_focal_length_the_newest_scene_stays_the_best(
    old: Path, catalog_url: str | None
) -> None:
    with writing(old, catalog_url) as connection:
        add_scene(connection, "older", SIDECAR_RUN, 28.0, "exif_35mm", day=1)
    migrate(find_catalog(old, catalog_url))
    with Library.resolve(old, catalog_url).read() as reader:
        assert set_focals(reader) == {}
        assert best(reader)[0] != digest("older")
