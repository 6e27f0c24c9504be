"""A dry run plans what the run then does, whatever the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runs.dry_run import dry_run
from pipeline.library import Library
from schemas.settings import IngestSettings, PhotoSettings
from tests.support.made_photos import make_photo
from tests.support.trivial_model import ingest, trivial_model

PLANS = {
    "plain": IngestSettings(),
    "include": IngestSettings(include=("*000*", "*wide*")),
    "exclude": IngestSettings(exclude=("*001*",)),
    "include and exclude": IngestSettings(include=("photo*",), exclude=("*002*",)),
    "limit": IngestSettings(limit=4),
    "small": IngestSettings(photo=PhotoSettings(allow_small=True)),
    "wide": IngestSettings(photo=PhotoSettings(allow_wide=True)),
    "focal length": IngestSettings(photo=PhotoSettings(focal_35mm=28)),
    "retry": IngestSettings(retry_failed=True),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["new library", "known photos"])
@pytest.mark.parametrize("name", PLANS)
def test_a_dry_run_plans_what_the_run_then_does(
    messy: Path, tmp_path: Path, name: str, is_first: bool
) -> None:
    library, settings = tmp_path / "library", PLANS[name]
    if not is_first:
        ingest(library, messy)
    dry = dry_run(Library.resolve(library), [messy], settings, trivial_model())
    report = ingest(library, messy, settings=settings)
    assert dry.found == report.found
    assert dry.unchanged == report.unchanged
    assert dry.duplicates == report.duplicates
    if settings.limit is None:  # else the dry run and the run stop reading at different files
        assert dry.skipped == report.skipped
        assert dry.reasons.keys() == report.reasons.keys()
    assert dry.due == report.done + report.failed


def test_the_plans_differ_from_each_other(messy: Path, tmp_path: Path) -> None:
    library = Library.resolve(tmp_path / "library")
    dues = {
        name: dry_run(library, [messy], PLANS[name], trivial_model()).due
        for name in ("plain", "include", "exclude", "include and exclude", "limit", "small")
    }
    assert len(set(dues.values())) == len(dues), dues


def test_a_skipped_photo_that_was_moved_is_counted(tmp_path: Path) -> None:
    photos, library = tmp_path / "photos", tmp_path / "library"
    small = make_photo(photos / "small.jpg", size=(64, 48))
    ingest(library, photos)
    small.rename(photos / "moved.jpg")
    dry = dry_run(Library.resolve(library), [photos], IngestSettings(), trivial_model())
    report = ingest(library, photos)
    assert (dry.found, dry.skipped, dry.due) == (1, 1, 0)
    assert (report.found, report.skipped, report.done) == (1, 1, 0)
