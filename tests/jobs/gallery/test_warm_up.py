"""The first page is ready before the first visitor asks for it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from jobs.gallery.address import read_view
from jobs.gallery.pages import read_overview
from jobs.gallery.reader import LibraryReader
from jobs.gallery.warm_up import warm_up
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file


def wait() -> None:
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join(60)


def test_the_first_page_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_catalog(tmp_path) as catalog:
        file = photo_file("1.jpg")
        catalog.add_found([(file, None)])
        catalog.record(done(file, meta()), RUN)
    reader = LibraryReader(Library.resolve(tmp_path), tmp_path / "cache")
    with reader.catalog() as connection:  # its end moves what was just written into the one file
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    long_ago = 10**9  # what was written a moment ago is read again
    os.utime(tmp_path / CATALOG_FILE, (long_ago, long_ago))
    warm_up(reader)
    wait()

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
    warm_up(reader)
    wait()
    reader.close()
