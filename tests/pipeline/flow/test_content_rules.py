"""Spheres and pictures of fisheye lenses are skipped once, with a reason, and not read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runs.dry_run import dry_run
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from schemas.records import PhotoRecord
from schemas.settings import IngestSettings, PhotoSettings
from tests.support.made_photos import make_photo
from tests.support.panoramas import gpano, two_circles, whole_sphere, write_picture
from tests.support.trivial_model import ingest, trivial_model

REASONS = {
    "sphere.jpg": "panorama_360",
    "theta.jpg": "panorama_360",
    "sweep.jpg": "panorama_360",
    "circles.jpg": "fisheye",
    "raw.insp": "fisheye",
    "lens.jpg": "fisheye",
}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    write_picture(folder / "sphere.jpg", (514, 257), xmp=whole_sphere(514, 257))
    write_picture(folder / "theta.jpg", (512, 256), make="RICOH", model="RICOH THETA V")
    sweep = gpano(
        ProjectionType="equirectangular",
        FullPanoWidthPixels=1200,
        FullPanoHeightPixels=600,
        CroppedAreaImageWidthPixels=900,
        CroppedAreaImageHeightPixels=260,
        CroppedAreaLeftPixels=150,
        CroppedAreaTopPixels=170,
    )
    write_picture(folder / "sweep.jpg", (900, 260), xmp=sweep)
    circles = {"make": "SAMSUNG", "model": "SM-R210", "pixels": two_circles()}
    write_picture(folder / "circles.jpg", **circles)
    write_picture(folder / "raw.insp", (600, 300), make="Arashi Vision", model="Insta360 X3")
    write_picture(folder / "lens.jpg", (400, 300), lens="EF15mm f/2.8 Fisheye")
    make_photo(folder / "ordinary.jpg", 9, (640, 320))
    return folder


def found(library: Path, filters: Filters | None = None) -> dict[str, PhotoRecord]:
    with Library.resolve(library).read() as connection:
        return {Path(one.paths[0]).name: one for one in find(connection, filters or Filters())}


def test_each_is_skipped_with_its_reason_and_the_next_run_reads_nothing(
    photos: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    for _ in range(2):
        report = ingest(library, photos)
        assert (report.skipped, report.failed) == (6, 0)
        assert report.reasons == {"panorama_360": 3, "fisheye": 3}
    assert (report.due, report.done, report.unchanged) == (0, 0, 1)
    reasons = {name: one.reason for name, one in found(library).items() if one.state == "skipped"}
    assert reasons == REASONS
    assert found(library)["ordinary.jpg"].state == "done"


def test_messages_say_what_it_is_and_what_to_do(photos: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", photos)
    records = found(tmp_path / "library")
    assert "a panorama of 270° in equirectangular" in str(records["sweep.jpg"].message)
    assert "EF15mm f/2.8 Fisheye" in str(records["lens.jpg"].message)
    assert "two circles" in str(records["circles.jpg"].message)
    assert set(found(tmp_path / "library", Filters(reason="fisheye"))) == {
        name for name, reason in REASONS.items() if reason == "fisheye"
    }


def test_settings_for_size_do_not_include_them(photos: Path, tmp_path: Path) -> None:
    settings = IngestSettings(photo=PhotoSettings(allow_wide=True, allow_small=True))
    library = tmp_path / "library"
    for _ in range(2):
        assert ingest(library, photos, settings=settings).skipped == 6


def test_a_dry_run_finds_the_same(photos: Path, tmp_path: Path) -> None:
    library = Library.resolve(tmp_path / "library")
    dry = dry_run(library, [photos], IngestSettings(), trivial_model())
    # Without its pixels, a picture of two circles counts as the sphere that its camera also makes.
    assert dry.reasons == {"panorama_360": 4, "fisheye": 2}
    assert dry.due == 1
