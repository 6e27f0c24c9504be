"""A library whose catalog was lost gets it back; a catalog moves to another database."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from jobs.console.output import Output
from jobs.maintenance.catalog import import_catalog, take_snapshot, upgrade
from jobs.maintenance.verify import verify
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE, URL_FILE
from schemas.arrow import snapshot_columns, snapshot_tables
from schemas.errors import LibraryBusyError, StoreError, UsageError
from schemas.settings import IngestSettings, PhotoSettings, SplatSettings, VerifySettings
from schemas.tables import runs, scenes, user_focals
from sharp_core.formats.sog.entry import SOG
from tests.support.cli import run
from tests.support.made_photos import make_photos
from tests.support.postgres import fresh_schema
from tests.support.trivial_model import ingest
from tests.support.whole_library import check_whole, contents, files

QUIET = Output(quiet=True)
FIRST, ALL = 2, 4


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", FIRST)
    (tmp_path / "photos" / "notes.jpg").write_text("notes")
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


def lose_catalog(library: Path) -> None:
    for path in library.glob(f"{CATALOG_FILE}*"):
        path.unlink()


def rows(library: Path, url: str | None = None) -> dict[str, list[tuple[object, ...]]]:
    """Return what a snapshot holds of every table, but for the runs that imported something."""
    with Library.resolve(library, url).read() as reader:
        return {
            table.name: sorted(
                (
                    tuple(row)
                    for row in reader.execute(sa.select(*snapshot_columns(table)))
                    if table is not runs or row.command != "catalog import"
                ),
                key=str,
            )
            for table in snapshot_tables()
        }


def grow_behind_the_snapshot(library: Path) -> None:
    """Make scenes of new photos, then have the library look as if the run had been killed."""
    shutil.copytree(library / "catalog", library / "kept")
    make_photos(library.parent / "photos", ALL)
    ingest(library, library.parent / "photos")
    shutil.rmtree(library / "catalog")
    (library / "kept").rename(library / "catalog")


def test_all_that_the_snapshot_holds_comes_back(library: Path) -> None:
    before = rows(library)
    lose_catalog(library)
    report = import_catalog(Library.resolve(library), [], QUIET)
    assert report.rows == {name: len(found) for name, found in before.items()}
    assert (report.missing, report.adopted, report.loose) == (0, 0, 0)
    assert rows(library) == before
    assert ingest(library, library.parent / "photos").due == 0
    check_whole(library)


def test_scenes_newer_than_the_snapshot_come_back_with_their_photos_facts(library: Path) -> None:
    grow_behind_the_snapshot(library)
    before, seen = contents(library), records(library)
    lose_catalog(library)
    report = import_catalog(Library.resolve(library), [library.parent / "photos"], QUIET)
    assert (report.adopted, report.loose) == (ALL - FIRST, 0)
    assert contents(library) == before
    assert records(library) == seen
    assert ingest(library, library.parent / "photos").due == 0
    assert verify(Library.resolve(library), VerifySettings(), QUIET).damaged == 0


def records(library: Path) -> list[object]:
    with Library.resolve(library).read() as reader:
        found = find(reader, Filters(order="photo_id"))
        # Depths are read off the file: nearly what they were. The file does not say what gave the
        # scene its scale, nor its score.
        return [
            replace(
                record,
                created_at=None,
                depth_near_m=None,
                depth_median_m=None,
                scale_source=None,
                score=None,
            )
            for record in found
        ]


def test_scenes_of_photos_that_are_not_named_are_told_of_and_kept(library: Path) -> None:
    grow_behind_the_snapshot(library)
    lose_catalog(library)
    report = import_catalog(Library.resolve(library), [], QUIET)
    assert (report.adopted, report.loose) == (0, ALL - FIRST)
    assert len(files(library, "scenes")) == ALL
    assert ingest(library, library.parent / "photos").done == ALL - FIRST
    check_whole(library)


@pytest.mark.parametrize("quality", SOG.qualities)
def test_scenes_of_every_quality_come_back(library: Path, quality: str) -> None:
    settings = IngestSettings(splat=SplatSettings(quality=quality))
    shutil.copytree(library / "catalog", library / "kept")
    make_photos(library.parent / "photos", FIRST + 1)
    ingest(library, library.parent / "photos", settings=settings)
    stored = splats(library)
    shutil.rmtree(library / "catalog")
    (library / "kept").rename(library / "catalog")
    lose_catalog(library)
    report = import_catalog(Library.resolve(library), [library.parent / "photos"], QUIET)
    assert (report.adopted, report.loose) == (1, 0)
    assert splats(library) == stored
    assert ingest(library, library.parent / "photos", settings=settings).due == 0


def splats(library: Path) -> set[tuple[str, str, str | None]]:
    columns = scenes.c.splat_path, scenes.c.format, scenes.c.quality
    with Library.resolve(library).read() as reader:
        return {tuple(row) for row in reader.execute(sa.select(*columns))}


def test_a_file_left_over_beside_a_scene_replaces_nothing(library: Path) -> None:
    before = rows(library)
    path = files(library, "scenes")[0]
    shutil.copy(library / path, library / path.replace(".sog", ".high.sog"))
    lose_catalog(library)
    assert import_catalog(Library.resolve(library), [], QUIET).adopted == 0
    assert rows(library) == before


def test_a_scene_made_with_other_settings_is_recognised(library: Path) -> None:
    settings = IngestSettings(photo=PhotoSettings(focal_35mm=50.0))
    ingest(library, library.parent / "photos", settings=settings)
    shutil.copytree(library / "catalog", library / "kept")
    make_photos(library.parent / "photos", ALL)
    ingest(library, library.parent / "photos", settings=settings)
    shutil.rmtree(library / "catalog")
    (library / "kept").rename(library / "catalog")
    lose_catalog(library)
    assert (
        import_catalog(Library.resolve(library), [library.parent / "photos"], QUIET).adopted
        == ALL - FIRST
    )
    assert ingest(library, library.parent / "photos", settings=settings).due == 0


def test_a_scene_whose_file_is_gone_is_due_again(library: Path) -> None:
    lost, *_ = files(library, "scenes")
    (library / lost).unlink()
    lose_catalog(library)
    assert import_catalog(Library.resolve(library), [], QUIET).missing == 1
    assert ingest(library, library.parent / "photos").done == 1
    check_whole(library)


def test_a_catalog_moves_to_postgres_and_back(library: Path, postgres_server: str) -> None:
    url = fresh_schema(postgres_server)
    before = rows(library)
    take_snapshot(Library.resolve(library))
    import_catalog(Library.resolve(library, url), [], QUIET)
    lose_catalog(library)
    assert rows(library) == before  # found by the library's own note
    make_photos(library.parent / "photos", FIRST + 1)
    (library.parent / "photos" / "more.jpg").write_text("more notes")
    assert ingest(library, library.parent / "photos").failed == 1
    there = rows(library)
    (library / URL_FILE).unlink()
    import_catalog(Library.resolve(library), [], QUIET)
    assert rows(library) == there
    assert (library / CATALOG_FILE).exists()


def test_a_catalog_that_is_there_is_never_written_over(library: Path) -> None:
    before = rows(library)
    with pytest.raises(UsageError, match="has a catalog"):
        import_catalog(Library.resolve(library), [], QUIET)
    assert rows(library) == before


def test_without_a_snapshot_the_way_out_is_told(library: Path) -> None:
    lose_catalog(library)
    (library / "catalog" / "scenes.parquet").unlink()
    with pytest.raises(UsageError, match="no snapshot"):
        import_catalog(Library.resolve(library), [], QUIET)
    assert ingest(library, library.parent / "photos").left == 0  # a fresh start is not barred


def as_written_by_version_1(snapshot: Path) -> None:
    """Take from a snapshot what version 2 added."""
    for name in ("context_files", "user_focals"):
        (snapshot / f"{name}.parquet").unlink()
    for path in snapshot.glob("*.parquet"):
        table = pq.read_table(path)
        if "user_focal_35mm" in table.column_names:
            table = table.drop_columns("user_focal_35mm")
        pq.write_table(table.replace_schema_metadata({"catalog_version": "1"}), path)


def test_a_snapshot_of_version_1_comes_back_with_what_it_implies(library: Path) -> None:
    set_50 = IngestSettings(photo=PhotoSettings(focal_35mm=50.0))
    ingest(library, library.parent / "photos", settings=set_50)
    as_written_by_version_1(library / "catalog")
    lose_catalog(library)
    assert import_catalog(Library.resolve(library), [], QUIET).rows["scenes"] == 2 * FIRST
    with Library.resolve(library).read() as reader:
        focals = reader.execute(sa.select(user_focals.c.source, user_focals.c.focal_35mm)).all()
        assert {record.focal_source for record in find(reader, Filters(state="done"))} == {"user"}
    assert [tuple(row) for row in focals] == [("flag", 50.0)] * FIRST


def test_a_damaged_snapshot_leaves_no_half_catalog(library: Path) -> None:
    lose_catalog(library)
    good = (library / "catalog" / "scenes.parquet").read_bytes()
    (library / "catalog" / "scenes.parquet").write_bytes(good[: len(good) // 2])
    with pytest.raises(StoreError, match=r"scenes\.parquet cannot be read"):
        import_catalog(Library.resolve(library), [], QUIET)
    (library / "catalog" / "scenes.parquet").write_bytes(good)
    assert import_catalog(Library.resolve(library), [], QUIET).rows["scenes"] == FIRST


def test_the_commands(library: Path) -> None:
    written = run("catalog", "snapshot", "--library", library, "--json")
    assert {row["path"] for row in json.loads(written.stdout)} == set(files(library, "catalog"))
    assert "already" in run("catalog", "migrate", "--library", library).stdout
    lose_catalog(library)
    result = run("catalog", "import", library.parent / "photos", "--library", library)
    assert result.returncode == 0, result.stderr
    assert f"{FIRST} scenes" in result.stdout
    assert run("catalog", "import", "--library", library).returncode == 2


def test_no_other_run_may_be_under_way(library: Path) -> None:
    with Library.resolve(library).hold("ingest"):
        for attempt in (take_snapshot, upgrade):
            with pytest.raises(LibraryBusyError):
                attempt(Library.resolve(library))
