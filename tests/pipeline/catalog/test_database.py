from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from schemas.errors import StoreError, UsageError
from schemas.table_metadata import metadata
from schemas.tables import catalog_info, photos
from tests.support.library_of_records import new_catalog, photo_file

pytestmark = pytest.mark.posix

_NOBODY = 65534


@contextlib.contextmanager
def write_protected(folder: Path) -> Iterator[None]:
    """Have `folder` be of another user who lets this one read it, but not write."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(_NOBODY)
    else:
        folder.chmod(0o555)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        else:
            folder.chmod(0o755)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that other users can look into, as those of `tmp_path` are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def add_photo(root: Path) -> None:
    with new_catalog(root) as catalog:
        catalog.add_found([(photo_file("a.jpg"), None)])


def test_commits_wait_for_the_disk_itself(tmp_path: Path) -> None:
    with new_catalog(tmp_path) as catalog:
        for name, value in (("journal_mode", "wal"), ("synchronous", 2), ("fullfsync", 1)):
            assert catalog.connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value


def count_photos(root: Path) -> int:
    with Library.resolve(root).read() as reader:
        return len(list(find(reader, Filters())))


@pytest.mark.parametrize(
    "name", ["what?", "no #1", "100%", "a b:c", "é", os.fsdecode(b"caf\xe9"), "file:x?mode=memory"]
)
def test_a_library_may_have_any_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    add_photo(root)
    assert count_photos(root) == 1
    assert [path.name for path in root.iterdir()] == [CATALOG_FILE]
    assert list(tmp_path.iterdir()) == [root]


def test_a_catalog_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InterruptedError

    sa.event.listen(photos, "after_create", fail)
    try:
        with pytest.raises(InterruptedError):
            open_database(find_catalog(tmp_path), create=True)
    finally:
        sa.event.remove(photos, "after_create", fail)
    with contextlib.closing(sqlite3.connect(tmp_path / CATALOG_FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.parametrize("tables", [[], [catalog_info], [photos], [catalog_info, photos]])
def test_a_catalog_with_only_some_tables_is_finished_by_the_next_run(
    tmp_path: Path, tables: list[sa.Table]
) -> None:
    (tmp_path / CATALOG_FILE).touch()
    engine = sa.create_engine(f"sqlite:///{tmp_path / CATALOG_FILE}")
    metadata.create_all(engine, tables=tables)
    engine.dispose()
    with pytest.raises(StoreError, match="not finished") as caught:
        open_database(find_catalog(tmp_path), read_only=True)
    assert "ingest" in caught.value.hint
    add_photo(tmp_path)
    assert count_photos(tmp_path) == 1


def test_no_library_is_made_by_looking_for_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no library"):
        open_database(find_catalog(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_may_not_be_written_can_be_read(readable: Path) -> None:
    add_photo(readable)
    with write_protected(readable):
        with pytest.raises(OSError, match="denied"):
            (readable / "x").touch()
        assert count_photos(readable) == 1
        with pytest.raises(StoreError, match="readonly"):
            open_database(find_catalog(readable), create=True)
    assert [path.name for path in readable.iterdir()] == [CATALOG_FILE]


def test_another_user_reads_what_a_run_has_just_written(readable: Path) -> None:
    with new_catalog(readable) as writer:
        writer.add_found([(photo_file("a.jpg"), None)])
        with write_protected(readable):
            assert count_photos(readable) == 1


def test_rows_that_are_not_in_the_database_yet_are_never_passed_over(readable: Path) -> None:
    with new_catalog(readable) as writer:
        writer.add_found([(photo_file("a.jpg"), None)])
        for name in (CATALOG_FILE, f"{CATALOG_FILE}-wal"):
            (readable / "copy").mkdir(exist_ok=True)
            (readable / "copy" / name).write_bytes((readable / name).read_bytes())
    with write_protected(readable / "copy"), pytest.raises(StoreError, match="cannot be used"):
        count_photos(readable / "copy")
