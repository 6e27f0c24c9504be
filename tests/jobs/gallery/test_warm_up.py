"""The first page is ready before the first visitor asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from jobs.gallery.address import read_view
from jobs.gallery.pages import read_overview
from jobs.gallery.reader import LibraryReader
from jobs.gallery.warm_up import warm_up
from pipeline.library import Library
from tests.support.library_of_records import add_done, last_written, new_catalog


def test_the_first_page_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_catalog(tmp_path) as catalog:
        add_done(catalog, "1.jpg")
    reader = LibraryReader(Library.resolve(tmp_path), tmp_path / "cache")
    last_written(tmp_path, 60)  # what was written a moment ago is read again
    warm_up(reader).join(60)

    def refuse(_reader: LibraryReader) -> Connection:
        raise AssertionError("the catalog is read again")

    monkeypatch.setattr(LibraryReader, "catalog", refuse)
    assert read_overview(reader, read_view({})).states == {"done": 1}
    reader.close()


def test_a_damaged_catalog_ends_nothing(tmp_path: Path) -> None:
    with new_catalog(tmp_path):
        pass
    reader = LibraryReader(Library.resolve(tmp_path), tmp_path / "cache")
    for file in tmp_path.glob("catalog.sqlite*"):
        file.write_bytes(b"nonsense" * 1000)
    warm_up(reader).join(60)
    reader.close()
