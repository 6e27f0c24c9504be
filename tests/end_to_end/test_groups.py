"""Photos of one moment, from their files to what is made of them and what queries find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image, ImageEnhance, ImageFilter
from PIL.ExifTags import Base

from jobs.gallery.app import GallerySettings
from jobs.runs.dry_run import dry_run
from jobs.runs.ingest import IngestReport
from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_details import photo_details
from pipeline.catalog.photo_filters import PhotoFilters
from pipeline.catalog.query import find
from pipeline.library import Library
from schemas.settings import IngestSettings
from schemas.tables import photos
from tests.support.context_files import write_picasa, write_takeout
from tests.support.exif_photos import exif_with, packed
from tests.support.gallery_client import gallery_client
from tests.support.paths import PHOTOS
from tests.support.trivial_model import ingest, trivial_model

NOON = datetime(2024, 6, 1, 12)
VIEW, OTHER_VIEW = (PHOTOS / name for name in ("coffee.png", "el torcal rocks.jpg"))
ONE = IngestSettings(one_per_group=True)
EVERY = Filters()


def shoot(
    path: Path,
    seconds: float,
    view: Path = VIEW,
    change: Callable[[Image.Image], Image.Image] = lambda image: image,
    **tags: object,
) -> Path:
    """Write a JPEG of a camera, some seconds after noon; `tags` are of the Exif IFD."""
    taken = f"{NOON + timedelta(seconds=seconds):%Y:%m:%d %H:%M:%S}"
    exif = {Base.DateTimeOriginal: taken, **{Base[name]: value for name, value in tags.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(view) as image:
        small = image.convert("RGB").resize((480, 360))
    data = packed(exif_with({Base.Make: "Canon", Base.Model: "EOS"}, exif))
    change(small).save(path, "JPEG", quality=90, exif=data)
    return path


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(3))


def enhanced(image: Image.Image, factor: float = 1.1) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A burst of three, of which the second is sharp, and another view, all within seconds."""
    shots = tmp_path / "photos"
    shoot(shots / "1.jpg", 0, change=blurred)
    shoot(shots / "2.jpg", 1)
    shoot(shots / "3.jpg", 2, change=lambda image: blurred(enhanced(image)))
    shoot(shots / "4.jpg", 3, OTHER_VIEW)
    return shots


def run(folder: Path, settings: IngestSettings = ONE, url: str | None = None) -> IngestReport:
    return ingest(folder.parent / "library", folder, settings=settings, catalog=url)


def states(folder: Path, filters: Filters = EVERY, url: str | None = None) -> dict[str, str]:
    with Library.resolve(folder.parent / "library", url).read() as reader:
        return {Path(one.paths[0]).name: one.state for one in find(reader, filters)}


def ranks(folder: Path, url: str | None = None) -> dict[str, int | None]:
    names = {}
    with Library.resolve(folder.parent / "library", url).read() as reader:
        rank_of = dict(reader.execute(sa.select(photos.c.photo_id, photos.c.group_rank)).all())
        for one in find(reader, Filters()):
            names[Path(one.paths[0]).name] = rank_of[one.photo_id]
    return names


def test_one_of_each_group_is_made_and_the_others_stay_due(
    folder: Path, catalog_url: str | None
) -> None:
    report = run(folder, url=catalog_url)
    assert (report.done, report.represented, report.found) == (2, 2, 4)
    assert states(folder, url=catalog_url) == {
        "1.jpg": "due",
        "2.jpg": "done",
        "3.jpg": "due",
        "4.jpg": "done",
    }
    assert ranks(folder, catalog_url)["2.jpg"] == 0
    assert ranks(folder, catalog_url)["4.jpg"] is None
    again = run(folder, url=catalog_url)
    assert (again.done, again.represented, again.unchanged) == (0, 2, 2)


def test_without_the_option_the_others_come_last(folder: Path) -> None:
    report = run(folder, IngestSettings(limit=2))
    assert (report.done, report.represented) == (2, 0)
    assert [name for name, state in states(folder).items() if state == "done"] == [
        "2.jpg",
        "4.jpg",
    ]
    assert run(folder, IngestSettings()).done == 2


def test_a_frame_that_comes_later_joins_its_group(folder: Path) -> None:
    run(folder)
    shoot(folder / "5.jpg", 1, change=enhanced)
    report = run(folder)
    assert (report.done, report.represented) == (0, 3)
    assert ranks(folder)["5.jpg"] in (1, 2, 3)


def test_stars_that_a_person_gives_choose_the_representative(folder: Path) -> None:
    run(folder)
    (folder / "1.xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>'
    )
    run(folder)
    assert ranks(folder)["1.jpg"] == 0


def test_a_star_in_a_photo_library_chooses_the_representative(folder: Path) -> None:
    run(folder)
    write_picasa(folder, ("3.jpg",))
    report = run(folder)
    assert (report.metadata_updated, ranks(folder)["3.jpg"]) == (1, 0)


def test_where_the_representative_cannot_be_made_the_next_one_is(folder: Path) -> None:
    whole = (folder / "2.jpg").read_bytes()
    (folder / "2.jpg").write_bytes(whole[: len(whole) // 2])
    run(folder)
    run(folder)
    found = states(folder)
    assert found.pop("2.jpg") == "failed"
    assert sorted(found.values()) == ["done", "done", "due"]


def test_a_photo_in_the_trash_stands_for_no_other(folder: Path, catalog_url: str | None) -> None:
    write_takeout(folder / "2.jpg", trashed=True, favorited=True)
    report = run(folder, url=catalog_url)
    assert (report.done, report.represented, report.not_selected) == (2, 1, 1)
    assert ranks(folder, catalog_url).get("2.jpg") is None  # left out of queries
    assert len(states(folder, Filters(one_per_group=True), catalog_url)) == 2
    trash = Filters(one_per_group=True, trashed=True)
    assert list(states(folder, trash, catalog_url)) == ["2.jpg"]


def test_a_photo_that_the_filters_leave_out_stands_for_no_other(
    folder: Path, catalog_url: str | None
) -> None:
    write_takeout(folder / "1.jpg", people=("Ada",))
    write_takeout(folder / "3.jpg", people=("Ada",))
    library, ada = folder.parent / "library", PhotoFilters(person="Ada")
    report = ingest(library, folder, settings=ONE, filters=ada, catalog=catalog_url)
    assert (report.done, report.represented, report.not_selected) == (1, 1, 2)


def test_a_photo_whose_file_is_gone_stands_for_no_other(folder: Path) -> None:
    nobody = PhotoFilters(person="Nobody")  # grouped, and none is made
    ingest(folder.parent / "library", folder, settings=ONE, filters=nobody)
    assert ranks(folder)["2.jpg"] == 0
    (folder / "2.jpg").unlink()
    report = run(folder)
    assert (report.done, report.represented) == (2, 1)


def test_a_group_of_scenes_gets_one_of_another_model(folder: Path) -> None:
    run(folder, IngestSettings())
    library = Library.resolve(folder.parent / "library")
    other = replace(trivial_model(), fingerprint="another-1")
    planned = dry_run(library, [folder], ONE, other)
    assert (planned.due, planned.represented, planned.found) == (2, 2, 4)


def test_queries_find_one_of_each_group(folder: Path, catalog_url: str | None) -> None:
    run(folder, IngestSettings(), url=catalog_url)
    assert sorted(states(folder, Filters(one_per_group=True), catalog_url)) == ["2.jpg", "4.jpg"]
    assert len(states(folder, Filters(one_per_group=False), catalog_url)) == 4


def test_a_bracket_is_represented_by_its_middle(tmp_path: Path) -> None:
    shots = tmp_path / "photos"
    for number, bias in enumerate((0.0, -2.0, 2.0)):
        factor = 2.0 ** (bias / 2)
        shoot(
            shots / f"{number}.jpg",
            number,
            change=partial(enhanced, factor=factor),
            ExposureMode=2,
            ExposureBiasValue=bias,
        )
    assert run(shots).done == 1
    assert ranks(shots)["0.jpg"] == 0


def test_edits_far_apart_in_a_folder_are_one_group(tmp_path: Path) -> None:
    shots = tmp_path / "photos"
    shoot(shots / "IMG_0001.JPG", 0)
    for number in range(2, 80):  # more files than are read at a time
        shoot(
            shots / f"IMG_{number:04d}.JPG",
            100 * number,
            OTHER_VIEW,
            change=lambda i: i.resize((280, 260)),
        )
    shoot(shots / "IMG_E0001.JPG", 0, change=enhanced)
    report = run(shots)
    assert report.represented in (0, 1)  # the original was on its way when the edit was read
    assert ranks(shots)["IMG_E0001.JPG"] is not None


def test_a_dry_run_counts_the_same(folder: Path) -> None:
    library = Library.resolve(folder.parent / "library")
    planned = dry_run(library, [folder], ONE, trivial_model())
    assert (planned.due, planned.represented, planned.found) == (2, 2, 4)


def test_the_page_of_a_photo_and_show_list_its_group(folder: Path, tmp_path: Path) -> None:
    run(folder, IngestSettings())
    library = Library.resolve(folder.parent / "library")
    with library.read() as reader:
        ids = {Path(one.paths[0]).name: one.photo_id for one in find(reader, Filters())}
        shown = photo_details(reader, str(folder / "1.jpg"), Path("/"))
        alone = photo_details(reader, str(folder / "4.jpg"), Path("/"))
    group = shown["group"]
    assert isinstance(group, list)
    assert {member["photo_id"] for member in group} == {ids["1.jpg"], ids["2.jpg"], ids["3.jpg"]}
    assert group[0]["photo_id"] == ids["2.jpg"]
    assert alone["group"] == []
    client = gallery_client(GallerySettings(library, tmp_path / "cache"))
    page = client.get(f"/photos/{ids['1.jpg']}", headers={"accept": "text/html"}).text
    assert page.count('class="group"') == 1
    assert f'href="/photos/{ids["2.jpg"]}"' in page
    assert "Nearly the same picture, taken within seconds" in page


def test_the_gallery_shows_one_photo_of_each_moment_and_all_on_request(
    folder: Path, tmp_path: Path
) -> None:
    run(folder, IngestSettings())
    settings = GallerySettings(Library.resolve(folder.parent / "library"), tmp_path / "cache")
    client = gallery_client(settings)

    def stacks(**filters: str) -> list[int]:
        parameters = {"period": "202", **filters}
        rows = client.get("/api/photos", params=parameters).json()["photos"]
        return sorted(row[5] for row in rows)

    first = client.get("/", headers={"accept": "text/html"}).text
    assert "one_per_group=false" in first
    assert stacks() == [1, 3]
    assert stacks(one_per_group="false") == [1, 1, 1, 1]
    every = client.get("/?one_per_group=false", headers={"accept": "text/html"})
    assert "all photos of each moment" in every.text
