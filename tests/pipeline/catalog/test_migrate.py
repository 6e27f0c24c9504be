from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog import database
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.migrate import Migrated, migrate
from pipeline.catalog.query import find
from pipeline.catalog.status import read_status
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from schemas.errors import StoreError, UsageError
from schemas.migrations import MIGRATIONS, Migration
from schemas.search_tables import SEARCH_INDEX
from schemas.table_metadata import metadata
from schemas.tables import CATALOG_VERSION
from tests.support.freeze_catalog import CATALOGS, thaw
from tests.support.library_of_records import new_catalog, photo_file

NEXT = CATALOG_VERSION + 1


def dump(catalog: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(catalog)) as connection:
        return list(connection.iterdump())


def adds_a_column(connection: Connection) -> None:
    """A step as the next version might bring it: a new column, filled from an old one."""
    connection.execute(sa.text("ALTER TABLE photos ADD COLUMN stars INTEGER"))
    connection.execute(sa.text("UPDATE photos SET stars = 5 WHERE state = 'done'"))


def breaks(connection: Connection) -> None:
    adds_a_column(connection)
    connection.execute(sa.text("DELETE FROM photos"))


def to_next(version: int, step: Callable[[Connection], None]) -> dict[int, Migration]:
    return {version: Migration("a test", step)}


def columns(connection: Connection) -> dict[str, set[tuple[str, bool]]]:
    inspector = sa.inspect(connection)
    return {
        name: {(column["name"], column["nullable"]) for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if not name.startswith(SEARCH_INDEX)
    }


def indexes(connection: Connection) -> set[str | None]:
    inspector = sa.inspect(connection)
    names = inspector.get_table_names()
    return {index["name"] for name in names for index in inspector.get_indexes(name)}


def test_every_version_has_its_step_and_its_frozen_catalog() -> None:
    assert sorted(MIGRATIONS) == list(range(1, CATALOG_VERSION))
    frozen = {path.name for path in CATALOGS.iterdir()}
    assert frozen == {f"version-{version}.sql" for version in range(1, CATALOG_VERSION + 1)}


@pytest.mark.parametrize("version", range(1, CATALOG_VERSION + 1))
def test_an_old_catalog_becomes_one_of_today(tmp_path: Path, version: int) -> None:
    thaw(tmp_path, version)
    assert migrate(find_catalog(tmp_path)).to_version == CATALOG_VERSION
    with Library.resolve(tmp_path).read() as reader:
        assert columns(reader) == {
            table.name: {(column.name, bool(column.nullable)) for column in table.columns}
            for table in metadata.tables.values()
        }, "other tables need another version, its step, and its catalog (support.freeze_catalog)"
        assert indexes(reader) == {
            index.name for table in metadata.tables.values() for index in table.indexes
        }
        records = {record.paths[0]: record for record in find(reader, Filters())}
        status = read_status(reader)
    assert records["/photos/done.jpg"].model == "sharp"
    assert records["/photos/done.jpg"].paths == ("/photos/done.jpg", "/photos/.copy.jpg")
    assert status.photos == {"done": 1, "due": 1, "failed": 1, "skipped": 1}
    assert status.bytes == {"ply": 132, "clip": 20, "thumb": 10}


def test_a_step_changes_tables_and_rows_and_keeps_a_copy(tmp_path: Path) -> None:
    thaw(tmp_path, 1)
    before = dump(tmp_path / CATALOG_FILE)
    backup = tmp_path / f"{CATALOG_FILE}.version-1"
    assert migrate(find_catalog(tmp_path), to_next(1, adds_a_column), 2) == Migrated(1, 2, backup)
    with contextlib.closing(sqlite3.connect(tmp_path / CATALOG_FILE)) as connection:
        stars = connection.execute("SELECT DISTINCT state, stars FROM photos").fetchall()
        versions = connection.execute("SELECT version FROM catalog_info").fetchall()
    assert set(stars) == {("done", 5), ("due", None), ("failed", None), ("skipped", None)}
    assert versions == [(1,), (2,)]
    assert dump(backup) == before


def test_a_step_on_postgres(tmp_path: Path, catalog_url: str | None) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(photo_file("a.jpg"), None)])
    step = to_next(CATALOG_VERSION, adds_a_column)
    assert migrate(find_catalog(tmp_path, catalog_url), step, NEXT).to_version == NEXT
    with pytest.raises(StoreError, match=f"has version {NEXT}"):
        open_database(find_catalog(tmp_path, catalog_url))


@pytest.mark.parametrize("step", [breaks, lambda connection: connection.execute(sa.text("oops"))])
def test_a_step_that_fails_changes_nothing(
    tmp_path: Path, catalog_url: str | None, step: Callable[[Connection], None]
) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(photo_file("a.jpg"), None)])
    with pytest.raises(StoreError):
        migrate(find_catalog(tmp_path, catalog_url), to_next(CATALOG_VERSION, step), NEXT)
    with Library.resolve(tmp_path, catalog_url).read() as reader:
        assert len(list(find(reader, Filters()))) == 1
        assert "stars" not in {name for name, _ in columns(reader)["photos"]}


def test_an_older_catalog_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thaw(tmp_path, CATALOG_VERSION)
    monkeypatch.setattr(database, "CATALOG_VERSION", NEXT)
    with pytest.raises(StoreError, match="needs version") as caught:
        open_database(find_catalog(tmp_path))
    assert "catalog migrate" in caught.value.hint


def test_a_newer_catalog_is_left_alone(tmp_path: Path) -> None:
    thaw(tmp_path, CATALOG_VERSION)
    migrate(find_catalog(tmp_path), to_next(CATALOG_VERSION, adds_a_column), NEXT)
    before = (tmp_path / CATALOG_FILE).read_bytes()
    with pytest.raises(StoreError, match="knows versions up to"):
        migrate(find_catalog(tmp_path))
    assert (tmp_path / CATALOG_FILE).read_bytes() == before


def test_no_library_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no library"):
        migrate(find_catalog(tmp_path))
