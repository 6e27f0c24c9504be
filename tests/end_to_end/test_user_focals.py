"""A focal length that a person has set is remembered until it is taken back."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.runs.dry_run import dry_run
from jobs.runs.ingest import Ingest, IngestReport
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.flow.inline import run_inline
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.records import PhotoRecord
from schemas.settings import IngestSettings, PhotoSettings
from schemas.user_focals import UserFocalSource
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import ingest, trivial_model

SET_50 = IngestSettings(photo=PhotoSettings(focal_35mm=50.0))
SET_35 = IngestSettings(photo=PhotoSettings(focal_35mm=35.0))
FORGET = IngestSettings(photo=PhotoSettings(forget_focal=True))
PX_OF_50 = 50 * (320**2 + 256**2) ** 0.5 / (36**2 + 24**2) ** 0.5


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 2)
    return tmp_path / "photos"


def records(photos: Path, url: str | None = None) -> list[PhotoRecord]:
    with Library.resolve(photos.parent / "library", url).read() as reader:
        return list(find(reader, Filters(order="photo_id")))


def sources(photos: Path, url: str | None = None) -> list[str | None]:
    return [record.focal_source for record in records(photos, url)]


def run(
    photos: Path, settings: IngestSettings | None = None, url: str | None = None
) -> IngestReport:
    return ingest(photos.parent / "library", photos, settings=settings, catalog=url)


def night(photos: Path, focal_35mm: float | None) -> IngestReport:
    """Ingest as a nightly does that has this focal length in its configuration."""
    settings = IngestSettings(photo=PhotoSettings(focal_35mm=focal_35mm))
    ingest = Ingest(
        Library.resolve(photos.parent / "library"),
        [photos],
        settings,
        trivial_model(),
        Output(quiet=True),
        focal_source=UserFocalSource.FOLDER_RULE,
    )
    return ingest.run(lambda: contextlib.nullcontext(run_inline))


def test_a_plain_run_after_the_flag_makes_nothing(photos: Path, catalog_url: str | None) -> None:
    run(photos, SET_50, catalog_url)
    again = run(photos, None, catalog_url)
    assert (again.due, again.unchanged) == (0, 2)
    assert sources(photos, catalog_url) == ["user", "user"]
    assert records(photos, catalog_url)[0].focal_px == pytest.approx(PX_OF_50)


def test_the_flag_counts_before_a_scene_that_was_there(
    photos: Path, catalog_url: str | None
) -> None:
    run(photos, None, catalog_url)
    assert run(photos, SET_50, catalog_url).done == 2
    assert run(photos, None, catalog_url).due == 0
    assert sources(photos, catalog_url) == ["user", "user"]


def test_a_new_photo_does_not_get_what_was_set_for_others(photos: Path) -> None:
    run(photos, SET_50)
    make_photo(photos / "new.jpg", 9)
    assert run(photos).done == 1
    assert sorted(map(str, sources(photos))) == ["default", "user", "user"]


def test_only_the_photos_of_that_run_are_set(photos: Path) -> None:
    run(photos)
    one = photos / "photo000.jpg"
    assert ingest(photos.parent / "library", one, settings=SET_50).done == 1
    assert run(photos).due == 0
    assert sorted(map(str, sources(photos))) == ["default", "user"]


def test_what_is_taken_back_no_longer_counts_and_nothing_is_made_twice(
    photos: Path, catalog_url: str | None
) -> None:
    run(photos, None, catalog_url)
    run(photos, SET_50, catalog_url)
    assert run(photos, FORGET, catalog_url).due == 0
    assert sources(photos, catalog_url) == ["default", "default"]
    assert run(photos, None, catalog_url).due == 0
    assert run(photos, SET_50, catalog_url).due == 0  # its scenes are still there
    assert sources(photos, catalog_url) == ["user", "user"]


def test_taken_back_without_another_scene_the_photo_is_due(photos: Path) -> None:
    run(photos, SET_50)
    assert run(photos, FORGET).done == 2
    assert sources(photos) == ["default", "default"]


def test_another_flag_replaces_the_first(photos: Path) -> None:
    run(photos, SET_50)
    assert run(photos, SET_35).done == 2
    assert run(photos).due == 0
    assert records(photos)[0].focal_px == pytest.approx(PX_OF_50 * 35 / 50)
    assert run(photos, SET_50).due == 0
    assert records(photos)[0].focal_px == pytest.approx(PX_OF_50)


def test_a_moved_photo_keeps_what_was_set(photos: Path) -> None:
    run(photos, SET_50)
    photos.rename(photos.with_name("moved"))
    assert run(photos.with_name("moved")).due == 0


def test_a_nightly_leaves_a_flag_alone(photos: Path) -> None:
    run(photos, SET_50)
    assert night(photos, None).due == 0
    assert night(photos, 35.0).due == 0
    assert records(photos)[0].focal_px == pytest.approx(PX_OF_50)
    assert run(photos).due == 0


def test_a_rule_of_a_nightly_is_remembered_while_the_nightly_has_it(photos: Path) -> None:
    assert night(photos, 50.0).done == 2
    assert run(photos).due == 0
    assert sources(photos) == ["user", "user"]
    assert night(photos, None).done == 2
    assert sources(photos) == ["default", "default"]


def test_a_dry_run_with_the_flag_changes_nothing(photos: Path) -> None:
    run(photos)
    library = Library.resolve(photos.parent / "library")
    assert dry_run(library, [photos], SET_50, trivial_model()).due == 2
    assert run(photos).due == 0
    run(photos, SET_50)
    assert dry_run(library, [photos], IngestSettings(), trivial_model()).due == 0


def test_to_set_and_to_forget_at_once_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="--forget-focal"):
        PhotoSettings(focal_35mm=50.0, forget_focal=True)
