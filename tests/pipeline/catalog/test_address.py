from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.catalog.address import find_catalog, holds_password
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE, URL_FILE
from schemas.errors import LibraryBusyError, StoreError, UsageError
from tests.support.library_of_records import new_catalog, photo_file
from tests.support.postgres import fresh_schema

URL = "postgresql+psycopg://me:secret@db.example/photos"


def make_library(root: Path, url: str) -> None:
    root.mkdir()
    with new_catalog(root, url) as catalog:
        catalog.add_found([(photo_file("a.jpg"), None)])


def test_without_a_word_the_catalog_is_a_file_in_the_library(tmp_path: Path) -> None:
    address = find_catalog(tmp_path)
    assert address.url is None
    assert address.file == tmp_path / CATALOG_FILE


def test_a_library_remembers_its_catalog_but_not_the_password(tmp_path: Path) -> None:
    find_catalog(tmp_path, URL).note()
    assert (tmp_path / URL_FILE).read_text() == "postgresql+psycopg://me@db.example/photos\n"
    address = find_catalog(tmp_path)
    assert address.url is not None
    assert address.url.host == "db.example"


def test_a_library_that_was_asked_before_knows_what_it_has_noted_since(tmp_path: Path) -> None:
    address = find_catalog(tmp_path, URL)
    assert not address.is_noted
    address.note()
    assert address.is_noted


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    for url in (URL, "postgresql+psycopg://me@db.example/photos?password=secret"):
        address = find_catalog(tmp_path, url)
        assert address.url is not None
        assert address.url.password == "secret"
        assert "secret" not in str(address)
        address.note()
        assert "secret" not in (tmp_path / URL_FILE).read_text()
    for wrong in ("postgresql+psycopg2://me:secret@host/db", "mysql://me:secret@host/db", "secret"):
        with pytest.raises(UsageError) as caught:
            find_catalog(tmp_path, wrong)
        assert "secret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("url", "is_there"),
    [
        (URL, True),
        ("postgresql://me@host/db?password=secret", True),
        ("postgresql://me@host/db?sslkey=a&sslpassword=secret", True),
        ("postgresql://me@host/db?passfile=/home/me/passwords", False),
        ("postgresql:///?service=photos", False),
    ],
)
def test_a_password_is_noticed(url: str, is_there: bool) -> None:
    assert holds_password(url) is is_there


def test_the_driver_may_be_left_away(tmp_path: Path) -> None:
    url = find_catalog(tmp_path, "postgresql://host/photos").url
    assert url is not None
    assert url.drivername == "postgresql+psycopg"


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://me:secret@/photos?host={tmp_path}"
    for attempt in (
        lambda: open_database(find_catalog(tmp_path, url)),
        Library.resolve(tmp_path, url).hold("x").__enter__,
    ):
        with pytest.raises(StoreError, match="cannot be used") as caught:
            attempt()
        assert "secret" not in caught.value.message


def test_a_library_is_found_by_its_folder_alone(tmp_path: Path, postgres_server: str) -> None:
    root = tmp_path / "library"
    make_library(root, fresh_schema(postgres_server))
    with Library.resolve(root).read() as reader:
        assert len(list(find(reader, Filters()))) == 1
    assert not (root / CATALOG_FILE).exists()


def test_a_database_without_a_catalog_is_no_library(tmp_path: Path, postgres_server: str) -> None:
    url = fresh_schema(postgres_server)
    with pytest.raises(UsageError, match="holds no library"), Library.resolve(tmp_path, url).read():
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_catalog_of_another_library_is_refused(tmp_path: Path, postgres_server: str) -> None:
    url = fresh_schema(postgres_server)
    make_library(tmp_path / "one", url)
    (tmp_path / "two").mkdir()
    with pytest.raises(StoreError, match="another library"):
        open_database(find_catalog(tmp_path / "two", url), create=True)


def test_one_catalog_has_one_writer_on_whatever_machine(
    tmp_path: Path, postgres_server: str
) -> None:
    url, other = fresh_schema(postgres_server), fresh_schema(postgres_server)
    folders = [tmp_path / name for name in ("here", "there")]  # no common lock file
    for folder in folders:
        folder.mkdir()
    with Library.resolve(folders[0], url).hold("ingest"):
        with pytest.raises(LibraryBusyError, match=r"held by ingest \(process \d+ on"):
            Library.resolve(folders[1], url).hold("gc").__enter__()
        with Library.resolve(folders[1], other).hold("gc"):  # another catalog of the same database
            pass
    with Library.resolve(folders[1], url).hold("gc"):
        pass


def test_a_broken_link_frees_the_lock(tmp_path: Path, postgres_server: str) -> None:
    url = fresh_schema(postgres_server)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with Library.resolve(tmp_path, url).hold("ingest"), engine.begin() as admin:
        ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
        assert admin.scalars(sa.text(ended)).all() == [True]
        (tmp_path / "b").mkdir()
        with Library.resolve(tmp_path / "b", url).hold("ingest"):
            pass
    engine.dispose()
