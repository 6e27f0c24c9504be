"""What the gallery remembers of a catalog, and when it reads it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jobs.gallery.reader import LibraryReader
from pipeline.library import Library
from schemas.tables import photos
from tests.support.library_of_records import add_done, last_written, new_catalog


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[LibraryReader]:
    with new_catalog(tmp_path) as catalog:
        add_done(catalog, "0.jpg")
    reader = LibraryReader(Library.resolve(tmp_path), tmp_path / "cache")
    yield reader
    reader.close()


class Count:
    """Counts photos, and how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, connection: Connection, _: None) -> int:
        self.asked += 1
        return connection.scalar(sa.select(sa.func.count()).select_from(photos)) or 0


def test_an_answer_is_remembered_until_the_catalog_is_written(
    reader: LibraryReader, tmp_path: Path
) -> None:
    count = Count()
    last_written(tmp_path, 60)
    assert [reader.remembered(("a",), None, count) for _ in range(3)] == [1, 1, 1]
    assert count.asked == 1
    with Library.resolve(tmp_path).write() as catalog:
        add_done(catalog, "1.jpg")
    assert reader.remembered(("a",), None, count) == 2


def test_an_answer_of_a_catalog_written_just_now_is_not_remembered(
    reader: LibraryReader, tmp_path: Path
) -> None:
    """The next write may come in the same tick of the clock of files."""
    count = Count()
    last_written(tmp_path, -3600)  # however slow this test is
    for asked in (1, 2):
        assert reader.remembered(("a",), None, count) == 1
        assert count.asked == asked


def test_all_reads_of_a_page_see_one_state_of_the_catalog(
    tmp_path: Path, catalog_url: str | None
) -> None:
    count = Count()
    with new_catalog(tmp_path, catalog_url) as catalog:
        add_done(catalog, "0.jpg")
        reader = LibraryReader(Library.resolve(tmp_path, catalog_url), tmp_path / "cache")
        with reader.catalog() as connection:
            before = count(connection, None)
            add_done(catalog, "1.jpg")  # a run commits
            assert (before, count(connection, None)) == (1, 1)
        with reader.catalog() as connection:
            assert count(connection, None) == 2
        reader.close()
