"""What people say of photos: read before a run selects, watched for changes, and shown."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.runs.dry_run import dry_run
from jobs.runs.ingest import IngestReport
from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_filters import EVERY_PHOTO, PhotoFilters
from pipeline.catalog.query import find
from pipeline.library import Library
from schemas.records import PhotoRecord
from schemas.settings import IngestSettings
from tests.support.cli import run as run_command
from tests.support.context_files import write_album, write_picasa, write_rating, write_takeout
from tests.support.made_photos import make_photo
from tests.support.trivial_model import ingest, trivial_model

RATED = PhotoFilters(rating=4)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder of three photos, of which two have stars."""
    folder = tmp_path / "photos"
    for seed, name in enumerate("abc"):
        make_photo(folder / f"{name}.jpg", seed)
    write_rating(folder / "a.jpg", 5, xmp_Label="Red", photoshop_City="Bergen")
    write_rating(folder / "b.jpg", 2)
    return folder


def run(photos: Path, filters: PhotoFilters = EVERY_PHOTO, url: str | None = None) -> IngestReport:
    return ingest(photos.parent / "library", photos, filters=filters, catalog=url)


def records(
    photos: Path, filters: Filters | None = None, url: str | None = None
) -> list[PhotoRecord]:
    with Library.resolve(photos.parent / "library", url).read() as reader:
        return sorted(find(reader, filters or Filters()), key=lambda record: record.paths)


def names(photos: Path, url: str | None = None, **filters: object) -> str:
    found = records(photos, Filters(**filters), url)  # type: ignore[arg-type]
    return " ".join(Path(record.paths[0]).stem for record in found)


def test_a_run_makes_what_its_filters_select_and_the_others_later(
    photos: Path, catalog_url: str | None
) -> None:
    report = run(photos, RATED, catalog_url)
    assert (report.done, report.not_selected, report.left) == (1, 2, 0)
    a, b, c = records(photos, url=catalog_url)
    assert (a.state, b.state, c.state) == ("done", "due", "due")
    assert (a.rating, b.rating, c.rating) == (5, 2, None)
    assert (a.label, a.city) == ("Red", "Bergen")
    assert names(photos, catalog_url, rating=2) == "a b"  # known before they have a scene
    report = run(photos, RATED, catalog_url)
    assert (report.done, report.unchanged, report.not_selected) == (0, 1, 2)
    report = run(photos, url=catalog_url)
    assert (report.done, report.unchanged, report.not_selected) == (2, 1, 0)


def test_a_photo_that_gets_its_stars_later_is_selected_then(photos: Path) -> None:
    run(photos, RATED)
    write_rating(photos / "b.jpg", 4)
    report = run(photos, RATED)
    assert (report.done, report.metadata_updated, report.not_selected) == (1, 1, 1)
    assert names(photos, state="done") == "a b"


def test_a_dry_run_selects_as_the_run_does_and_records_nothing(photos: Path) -> None:
    library = Library.resolve(photos.parent / "library")

    def tried() -> tuple[int, int]:
        report = dry_run(library, [photos], IngestSettings(), trivial_model(), RATED)
        return report.due, report.not_selected

    assert tried() == (1, 2)
    assert not library.has_catalog()
    run(photos, RATED)
    assert tried() == (0, 2)
    write_rating(photos / "c.jpg", 4)
    assert tried() == (1, 1)
    assert names(photos, rating=4) == "a"


def test_a_changed_sidecar_changes_what_is_recorded_and_makes_no_scene(
    photos: Path, catalog_url: str | None
) -> None:
    run(photos, url=catalog_url)
    sidecar = write_rating(photos / "a.jpg", 1, xmp_Label="Green")
    report = run(photos, url=catalog_url)
    assert (report.done, report.metadata_updated) == (0, 1)
    assert names(photos, catalog_url, label="green") == "a"
    assert names(photos, catalog_url, label="red") == ""
    sidecar.unlink()
    assert run(photos, url=catalog_url).metadata_updated == 1
    assert (records(photos, url=catalog_url)[0].rating, names(photos, catalog_url, rating=1)) == (
        None,
        "b",
    )


def test_a_takeout_fills_what_the_photo_lacks(photos: Path, catalog_url: str | None) -> None:
    place = {"latitude": 60.3975, "longitude": 5.3245, "altitude": 12.0}
    write_takeout(photos / "c.jpg", people=("Ada Lovelace",), geoData=place, favorited=True)
    write_album(photos, "Norway 2019")
    run(photos, RATED, catalog_url)  # c is not selected
    c = records(photos, url=catalog_url)[2]
    assert c.taken_at == datetime(2019, 7, 14, 16)
    assert (c.latitude, c.country, c.city) == (60.3975, "Norway", "Bergen")
    assert (c.people, c.albums, c.favorite) == (("Ada Lovelace",), ("Norway 2019",), True)
    run(photos, url=catalog_url)  # the file itself has no date: that of the takeout stays
    assert records(photos, url=catalog_url)[2].taken_at == datetime(2019, 7, 14, 16)
    for filters in ({"person": "ada l*"}, {"favorite": True}, {"place": "Norway"}):
        assert "c" in names(photos, catalog_url, **filters)
    assert names(photos, catalog_url, album="NORWAY*") == "a b c"


def test_what_is_beside_each_copy_counts_in_the_first_run_already(
    tmp_path: Path, catalog_url: str | None
) -> None:
    folder = tmp_path / "photos"
    for number in range(70):  # more files than are read at a time
        make_photo(folder / "Photos from 2019" / f"{number:02d}.jpg", number)
    first = folder / "Photos from 2019" / "00.jpg"
    copies = [folder / name / "00.jpg" for name in ("A", "Trip to Rome", "Z")]
    for copy in copies:
        copy.parent.mkdir()
        copy.write_bytes(first.read_bytes())
    write_takeout(copies[0], people=("Ada",))
    write_takeout(first, favorited=True)
    write_takeout(copies[2], people=("Grace",))
    write_rating(copies[1], 4)
    selected = PhotoFilters(rating=4)
    report = run(folder, selected, catalog_url)
    assert (report.done, report.duplicates, report.not_selected) == (1, 3, 69)
    one = names(folder, catalog_url, rating=4)
    assert (one, names(folder, catalog_url, favorite=True)) == ("00", one)
    (record,) = records(folder, Filters(rating=4), catalog_url)
    assert set(record.people) == {"Ada", "Grace"}
    assert "Trip to Rome" in record.albums
    again = run(folder, selected, catalog_url)
    assert (again.done, again.metadata_updated, again.unchanged) == (0, 0, 1)
    assert records(folder, Filters(favorite=True), catalog_url) == [record]


def test_a_changed_collection_updates_exactly_the_photos_that_it_says_other_things_of(
    photos: Path, catalog_url: str | None
) -> None:
    ini = write_picasa(photos, ("a.jpg", "b.jpg"))
    run(photos, url=catalog_url)
    assert names(photos, catalog_url, favorite=True) == "a b"
    assert run(photos, url=catalog_url).metadata_updated == 0
    write_picasa(photos, ("b.jpg", "c.jpg"))
    report = run(photos, url=catalog_url)
    assert (report.done, report.metadata_updated) == (0, 2)
    assert names(photos, catalog_url, favorite=True) == "b c"
    ini.unlink()
    assert run(photos, url=catalog_url).metadata_updated == 2
    assert names(photos, catalog_url, favorite=True) == ""
    assert run(photos, url=catalog_url).metadata_updated == 0


def test_new_photos_are_looked_up_in_collections_that_have_not_changed(photos: Path) -> None:
    write_picasa(photos, ("a.jpg", "d.jpg"))
    run(photos)
    make_photo(photos / "d.jpg", 7)
    assert run(photos).done == 1
    assert names(photos, favorite=True) == "a d"


def test_a_run_of_other_folders_leaves_what_a_collection_said(photos: Path) -> None:
    write_picasa(photos, ("a.jpg",))
    run(photos)
    other = make_photo(photos.parent / "other" / "z.jpg", 9)
    ingest(photos.parent / "library", other.parent)
    assert names(photos, favorite=True) == "a"
    write_picasa(photos, ("a.jpg", "b.jpg"))
    ingest(photos.parent / "library", photos / "b.jpg")  # the collection is not scanned
    assert names(photos, favorite=True) == "a"


def test_an_unreadable_collection_is_a_warning_and_keeps_what_it_said(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_album(photos, "Italy")
    run(photos)
    (photos / "metadata.json").write_text("{ cut off")
    report = ingest(photos.parent / "library", photos, output=Output())
    assert report.metadata_updated == 0
    assert "metadata.json" in capsys.readouterr().err
    assert names(photos, album="italy") == "a b c"
    write_album(photos, "Italia")
    assert run(photos).metadata_updated == 3
    assert names(photos, album="italia") == "a b c"


def test_a_moved_photo_has_the_album_of_its_new_folder(photos: Path) -> None:
    (photos / "Rome").mkdir()
    make_photo(photos / "Rome" / "r.jpg", 11)
    run(photos)
    assert names(photos, album="rome") == "r"
    (photos / "Rome").rename(photos / "Venice")
    assert run(photos).done == 0
    assert (names(photos, album="rome"), names(photos, album="venice")) == ("", "r")


def test_hidden_and_trashed_photos_are_left_out_unless_asked_for(photos: Path) -> None:
    write_takeout(photos / "a.jpg", archived=True)
    write_takeout(photos / "b.jpg", trashed=True)
    report = run(photos)
    assert (report.done, report.not_selected) == (1, 2)
    assert names(photos) == "c"
    assert (names(photos, hidden=True), names(photos, trashed=True)) == ("a", "b")
    assert run(photos, PhotoFilters(hidden=True)).done == 1


def test_commands_show_what_is_known_and_who_says_so(photos: Path) -> None:
    write_picasa(photos, ("a.jpg",))
    library = photos.parent / "library"
    run(photos)
    shown = run_command("show", photos / "a.jpg", "--library", library)
    lines = {line.split()[0]: line for line in shown.stdout.splitlines() if line.strip()}
    assert lines["rating"].endswith("5 (sidecar)")
    assert lines["favorite"].endswith("True (picasa)")
    assert lines["city"].endswith("Bergen (sidecar)")
    details = json.loads(
        run_command("show", photos / "a.jpg", "--library", library, "--json").stdout
    )
    assert details["sources"]["label"] == ["sidecar"]
    found = run_command("query", "--library", library, "--rating", "5", "--json")
    (record,) = json.loads(found.stdout)
    assert (record["label"], record["favorite"], record["keywords"]) == ("Red", True, [])


def test_a_command_line_with_filters_makes_only_those(photos: Path) -> None:
    library = photos.parent / "library"
    command = ("ingest", photos, "--library", library, "--model", "small", "--inline", "--json")
    report = json.loads(run_command(*command, "--rating", "4", "--dry-run").stdout)
    assert (report["due"], report["not_selected"]) == (1, 2)
    assert run_command(*command, "--rating", "9").returncode == 2
