from __future__ import annotations

from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filter_values import PhotoList
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from tests.support.library_of_records import new_catalog, photo_file


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ((), ""),
        (("/a.jpg",), "1 of 2 lines of best.txt matches no photo of"),
        (tuple(f"/{one}.jpg" for one in "abcde"), "/a.jpg, /b.jpg, /c.jpg, and 2 more"),
    ],
)
def test_lines_that_match_nothing_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: tuple[str, ...], said: str
) -> None:
    with new_catalog(tmp_path) as writer:
        writer.add_found([(photo_file("one.jpg"), None)])
    listing = PhotoList("best.txt", (photo_file("one.jpg").photo_id,), missing)
    warn_of_unmatched(Output(), Library.resolve(tmp_path), Filters(listed_in=listing))
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert bool(told) == bool(missing)


@pytest.mark.parametrize(("folder", "is_told"), [("/photos", False), ("/Photos", True)])
def test_a_folder_without_photos_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str, is_told: bool
) -> None:
    with new_catalog(tmp_path) as writer:
        writer.add_found([(photo_file("one.jpg"), None)])
    warn_of_unmatched(Output(), Library.resolve(tmp_path), Filters(folder=folder))
    assert (f"has no photo in the folder {folder}" in capsys.readouterr().err) is is_told
