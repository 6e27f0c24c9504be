"""Sidecars that are added, changed or removed after a photo became a scene."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image
from PIL.ExifTags import Base

from jobs.runs.dry_run import dry_run
from jobs.runs.ingest import IngestReport
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from schemas.records import PhotoRecord
from schemas.settings import IngestSettings, PhotoSettings
from schemas.tables import context_files, photos, scenes, user_focals, utc_now
from tests.support.exif_photos import exif_with, packed
from tests.support.made_photos import make_photo
from tests.support.sidecars import write_sidecar
from tests.support.trivial_model import ingest, trivial_model


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    make_photo(tmp_path / "photos" / "b.jpg", 2)
    return make_photo(tmp_path / "photos" / "a.jpg", 1)


def run(photo: Path, url: str | None = None, **settings: object) -> IngestReport:
    chosen = IngestSettings(photo=PhotoSettings(**settings))  # type: ignore[arg-type]
    return ingest(library(photo), photo.parent, settings=chosen, catalog=url)


def library(photo: Path) -> Path:
    return photo.parent.parent / "library"


def record(photo: Path, url: str | None = None) -> PhotoRecord:
    with Library.resolve(library(photo), url).read() as reader:
        found = {Path(record.paths[0]).name: record for record in find(reader, Filters())}
    return found[photo.name]


def counts(report: IngestReport) -> tuple[int, int, int]:
    return report.done, report.metadata_updated, report.unchanged


def test_an_added_sidecar_is_read_without_a_new_scene(photo: Path, catalog_url: str | None) -> None:
    run(photo, catalog_url)
    write_sidecar(photo.with_suffix(".xmp"), lens="Lens A")
    assert counts(run(photo, catalog_url)) == (0, 1, 2)
    assert record(photo, catalog_url).lens_model == "Lens A"
    assert counts(run(photo, catalog_url)) == (0, 0, 2)


def test_a_changed_and_a_removed_sidecar_are_noticed(photo: Path, catalog_url: str | None) -> None:
    sidecar = write_sidecar(photo.with_name("a.jpg.xmp"), lens="Lens A")
    run(photo, catalog_url)
    assert record(photo, catalog_url).lens_model == "Lens A"
    write_sidecar(sidecar, lens="Another lens")
    assert counts(run(photo, catalog_url)) == (0, 1, 2)
    assert record(photo, catalog_url).lens_model == "Another lens"
    sidecar.unlink()
    assert counts(run(photo, catalog_url)) == (0, 1, 2)
    assert record(photo, catalog_url).lens_model is None
    assert counts(run(photo, catalog_url)) == (0, 0, 2)


def test_a_sidecar_that_sets_the_focal_length_makes_the_scene_due(
    photo: Path, catalog_url: str | None
) -> None:
    run(photo, catalog_url)
    sidecar = write_sidecar(photo.with_suffix(".xmp"), focal_35mm=50)
    assert counts(run(photo, catalog_url)) == (1, 1, 1)
    assert record(photo, catalog_url).focal_source == "user"
    write_sidecar(sidecar, focal_35mm=50, lens="Lens A")
    assert counts(run(photo, catalog_url)) == (0, 1, 2)
    sidecar.unlink()
    assert counts(run(photo, catalog_url)) == (0, 1, 2)  # its own scene is there from before
    assert record(photo, catalog_url).focal_source == "default"


def test_a_sidecar_that_repeats_what_the_photo_says_makes_no_scene_due(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg", 1)
    with Image.open(photo) as plain:
        plain.save(photo, exif=packed(exif_with({}, {Base.FocalLengthIn35mmFilm: 28})))
    assert run(photo).done == 1
    sidecar = write_sidecar(photo.with_suffix(".xmp"), focal_35mm=28, lens="Lens A")
    assert counts(run(photo)) == (0, 1, 1)
    assert counts(run(photo)) == (0, 0, 1)
    sidecar.unlink()
    assert counts(run(photo)) == (0, 1, 1)


def test_a_flag_counts_before_a_sidecar(photo: Path) -> None:
    write_sidecar(photo.with_suffix(".xmp"), focal_35mm=24)
    run(photo)
    assert run(photo, focal_35mm=50.0).done == 2
    wide = record(photo).focal_px
    write_sidecar(photo.with_suffix(".xmp"), focal_35mm=28)
    assert counts(run(photo)) == (0, 1, 2)
    assert record(photo).focal_px == wide
    assert run(photo, forget_focal=True).done == 1  # the other photo has its scene from before
    assert record(photo).focal_px == pytest.approx((wide or 0) * 28 / 50)


def test_a_photo_that_is_named_alone_notices_its_sidecar(photo: Path) -> None:
    ingest(library(photo), photo)
    sidecar = write_sidecar(photo.with_suffix(".xmp"), lens="Lens A")
    assert ingest(library(photo), photo).metadata_updated == 1
    sidecar.unlink()
    assert ingest(library(photo), photo).metadata_updated == 1
    assert record(photo).lens_model is None


def test_a_sidecar_of_a_copy_elsewhere_stays_when_only_one_folder_is_scanned(
    photo: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "a.jpg"
    other.parent.mkdir()
    other.write_bytes(photo.read_bytes())
    write_sidecar(other.with_suffix(".xmp"), lens="Lens A")
    ingest(library(photo), other.parent)
    assert ingest(library(photo), photo.parent).metadata_updated == 0
    assert record(photo).lens_model == "Lens A"


def test_photos_that_move_with_their_sidecars_keep_what_these_say(photo: Path) -> None:
    write_sidecar(photo.with_suffix(".xmp"), focal_35mm=50)
    run(photo)
    photo.parent.rename(photo.parent.with_name("moved"))
    moved = photo.parent.with_name("moved") / photo.name
    assert run(moved).done == 0
    assert record(moved).focal_source == "user"
    assert counts(run(moved)) == (0, 0, 2)


def test_a_dry_run_says_that_a_sidecar_makes_a_scene_due_and_records_nothing(
    photo: Path,
) -> None:
    run(photo)
    write_sidecar(photo.with_suffix(".xmp"), focal_35mm=50)
    place = Library.resolve(library(photo))
    assert dry_run(place, [photo.parent], IngestSettings(), trivial_model()).due == 1
    assert counts(run(photo)) == (1, 1, 1)


def test_an_upgraded_catalog_reads_all_metadata_once(photo: Path) -> None:
    write_sidecar(photo.with_suffix(".xmp"), lens="Lens A")
    run(photo)
    engine = sa.create_engine(f"sqlite:///{library(photo) / 'catalog.sqlite'}")
    with engine.begin() as connection:  # as version 2 leaves it
        connection.execute(photos.update().values(metadata_version=None, lens_model="old"))
    engine.dispose()
    assert counts(run(photo)) == (0, 0, 2)
    assert record(photo).lens_model == "Lens A"
    assert counts(run(photo)) == (0, 0, 2)


def test_the_sidecar_of_a_copy_stays_when_a_run_includes_other_paths_only(photo: Path) -> None:
    copy = photo.parent / "2019" / "a.jpg"
    copy.parent.mkdir()
    copy.write_bytes(photo.read_bytes())
    write_sidecar(copy.with_suffix(".xmp"), lens="Lens A")
    run(photo)  # which reads one of the copies
    run(photo)
    assert record(photo).lens_model == "Lens A"
    others = IngestSettings(include=("*/photos/?.jpg",))
    for settings in (others, IngestSettings()):
        assert ingest(library(photo), photo.parent, settings=settings).metadata_updated == 0
        assert record(photo).lens_model == "Lens A"


def as_migrated_from_version_1(photo: Path, focal_35mm: float) -> None:
    """Have every scene be one that version 1 made by a sidecar's focal length.

    Their ids are those of scenes by the photo's own focal length.
    """
    px = focal_35mm * (320**2 + 256**2) ** 0.5 / (36**2 + 24**2) ** 0.5
    by_sidecar = {"focal_px": px, "focal_source": "user"}
    engine = sa.create_engine(f"sqlite:///{library(photo) / 'catalog.sqlite'}")
    with engine.begin() as connection:
        connection.execute(photos.update().values(**by_sidecar))
        connection.execute(scenes.update().values(user_focal_35mm=focal_35mm, **by_sidecar))
        for photo_id in connection.scalars(sa.select(photos.c.photo_id)).all():
            row = {"photo_id": photo_id, "source": "sidecar", "focal_35mm": focal_35mm}
            connection.execute(user_focals.insert().values(set_at=utc_now(), **row))
    engine.dispose()


def test_a_scene_that_version_1_made_by_a_sidecar_is_not_made_again(photo: Path) -> None:
    run(photo)
    as_migrated_from_version_1(photo, 49.9999)
    sidecar = write_sidecar(photo.with_suffix(".xmp"), focal_35mm=50)
    other = write_sidecar(photo.with_name("b.xmp"), focal_35mm=50)
    assert counts(run(photo)) == (0, 2, 2)
    assert counts(run(photo)) == (0, 0, 2)
    sidecar.unlink()
    assert counts(run(photo)) == (1, 1, 1)  # by what the photo says
    assert record(photo).focal_source == "default"
    write_sidecar(other, focal_35mm=35)
    assert counts(run(photo)) == (1, 1, 1)
    assert counts(run(photo)) == (0, 0, 2)


def test_a_forgotten_photo_leaves_no_rows_behind(photo: Path) -> None:
    broken = photo.with_name("broken.jpg")
    broken.write_bytes(photo.read_bytes()[:300])
    write_sidecar(broken.with_suffix(".xmp"), focal_35mm=50)
    assert run(photo).failed == 1
    broken.unlink()
    run(photo)
    with Library.resolve(library(photo)).read() as reader:
        for table in (context_files, user_focals):
            assert reader.scalar(sa.select(sa.func.count()).select_from(table)) == 0
