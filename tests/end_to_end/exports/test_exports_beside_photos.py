"""Exports in a folder of photos do not become photos themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from schemas.export_settings import ExportSettings
from schemas.reasons import SkipReason
from tests.support.made_photos import make_photos
from tests.support.small_exports import run
from tests.support.trivial_model import ingest

KINDS = ExportSettings(("sbs", "mpo", "anaglyph", "depth"))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


def names(library: Path, filters: Filters) -> list[str]:
    with Library.resolve(library).read() as reader:
        return sorted(Path(path).name for one in find(reader, filters) for path in one.paths)


def test_exports_below_the_source_stay_what_they_are(library: Path) -> None:
    source = library.parent / "photos"
    run(library, source / "3D", KINDS)
    written = [path for path in (source / "3D").rglob("*") if path.is_file()]
    assert len(written) >= 4
    for _ in range(2):
        report = ingest(library, source)
        assert (report.done, report.failed, report.unchanged) == (0, 0, 1)
        assert report.reasons[SkipReason.OWN_EXPORT] >= 4
    assert names(library, Filters(state="done")) == ["photo000.jpg"]


def test_exports_into_the_source_itself_leave_its_photos(library: Path) -> None:
    source = library.parent / "photos"
    run(library, source, KINDS)
    make_photos(source, 2)
    assert ingest(library, source).done == 1


def test_exported_pictures_that_were_moved_are_recognized(library: Path) -> None:
    target, moved = library.parent / "out", library.parent / "moved"
    run(library, target, KINDS)
    moved.mkdir()
    pictures = [path for path in target.rglob("*") if path.suffix == ".jpg"]
    for number, picture in enumerate(pictures):
        picture.rename(moved / f"{number}.jpg")
    report = ingest(library, moved)
    assert (report.done, report.failed, report.skipped) == (0, 0, len(pictures))
    assert ingest(library, moved).due == 0
