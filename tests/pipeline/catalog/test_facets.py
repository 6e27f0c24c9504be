"""Albums, people, stars and years: each number is that of the photos that its filter selects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.facets import (
    Facet,
    newest_first,
    read_favorites,
    read_rating_facets,
    read_tag_covers,
    read_tag_facets,
    read_year_facets,
)
from pipeline.catalog.filter_values import parse_filter_time
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_photo_ids
from pipeline.catalog.tags import set_tags
from pipeline.library import Library
from schemas.context import TagKind
from schemas.tables import photos
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file
from tests.support.postgres import fresh_schema

ALBUMS = {
    0: ["Italy", "Trips/Italy/Rome"],
    1: ["ITALY"],
    2: ["Italy", "Trips/Italy"],
    3: ["What? *", "Été", "[x] 100%"],
    4: ["What now", "/odd/"],
    5: ["odd"],
}
PEOPLE = {0: ["Ada", "Émile"], 1: ["Ada"], 6: ["Ada"]}
RATINGS = {0: 5, 1: 3, 2: 3, 3: 1, 4: -1, 5: 0, 6: 4}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def catalog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    root = tmp_path_factory.mktemp("library")
    url = None
    if request.param == "postgres":
        url = fresh_schema(request.getfixturevalue("postgres_server"))
    files = [photo_file(f"{number}.jpg") for number in range(8)]
    with new_catalog(root, url) as writer:
        for number, file in enumerate(files):
            writer.add_found([(file, None)])
            writer.record(done(file, meta(2018 + number // 3)), RUN)
        with writer.connection.begin():
            of_photos = {
                file.photo_id: [
                    *((TagKind.ALBUM, name) for name in ALBUMS.get(number, ())),
                    *((TagKind.PERSON, name) for name in PEOPLE.get(number, ())),
                ]
                for number, file in enumerate(files)
            }
            set_tags(writer.connection, of_photos)
            for number, file in enumerate(files):
                values = {
                    "rating": RATINGS.get(number),
                    "favorite": number in (2, 6),
                    "hidden": number == 6,  # counts nowhere
                    "score": None if number == 7 else number / 10,
                }
                which = photos.c.photo_id == file.photo_id
                writer.connection.execute(photos.update().where(which).values(values))
    with Library.resolve(root, url).read() as reader:
        yield reader


def with_covers(connection: Connection, filters: Filters, kind: TagKind) -> list[Facet]:
    found = read_tag_facets(connection, filters, kind)
    return read_tag_covers(connection, filters, kind, found)


def test_albums_and_people_count_what_their_filters_select(catalog: Connection) -> None:
    albums = with_covers(catalog, Filters(), TagKind.ALBUM)
    for facet in albums:
        selected = find_photo_ids(catalog, Filters(album=facet.value))
        assert facet.photos == len(selected), facet
        assert facet.cover in find_photo_ids(catalog, Filters())
    counts = {facet.name.casefold(): facet.photos for facet in albums}
    assert counts["italy"] == 3
    assert counts["trips/italy"] == 2  # with the album inside it
    assert counts["été"] == counts["[x] 100%"] == 1
    people = read_tag_facets(catalog, Filters(), TagKind.PERSON)
    assert {(facet.name, facet.photos) for facet in people} == {("Ada", 2), ("Émile", 1)}
    only = Filters(camera="nothing")
    assert read_tag_facets(catalog, only, TagKind.ALBUM) == []


def test_the_cover_is_the_best_scene(catalog: Connection) -> None:
    (ada,) = (f for f in with_covers(catalog, Filters(), TagKind.PERSON) if f.name == "Ada")
    assert ada.cover == photo_file("1.jpg").photo_id


@pytest.mark.parametrize("latest", [1, 100])
def test_albums_are_listed_by_their_newest_photo(
    catalog: Connection, latest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.catalog.facets._LATEST", latest)
    found = read_tag_facets(catalog, Filters(), TagKind.ALBUM)
    names = [facet.name for facet in newest_first(catalog, TagKind.ALBUM, reversed(found))]
    of_2019 = {"What? *", "Été", "[x] 100%", "What now", "/odd/", "odd"}
    assert of_2019 == set(names[: len(of_2019)])
    assert len(names) == len(found) > len(of_2019)


@pytest.mark.parametrize("most", [1, 1000])
def test_stars_count_what_their_filters_select(
    catalog: Connection, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.catalog.facets._MOST_BEST", most)
    found = read_rating_facets(catalog, Filters())
    assert [facet.cover for facet in found] == [
        photo_file(f"{number}.jpg").photo_id for number in (0, 2, 3)
    ]
    assert [(facet.value, facet.photos) for facet in found] == [("5", 1), ("3", 3), ("1", 4)]
    for facet in found:
        assert facet.photos == len(find_photo_ids(catalog, Filters(rating=int(facet.value))))
    favorites = read_favorites(catalog, Filters())
    assert favorites is not None
    assert favorites.photos == len(find_photo_ids(catalog, Filters(favorite=True))) == 1
    assert read_favorites(catalog, Filters(camera="nothing")) is None


@pytest.mark.parametrize("most", [1, 1000])
def test_years_count_scored_scenes(
    catalog: Connection, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.catalog.facets._MOST_BEST", most)
    found = read_year_facets(catalog, Filters())
    assert [(facet.name, facet.photos) for facet in found] == [("2019", 3), ("2018", 3)]
    assert [facet.cover for facet in found] == [
        photo_file(name).photo_id for name in ("5.jpg", "2.jpg")
    ]
    of_2018 = replace(
        Filters(), after=parse_filter_time("", "2018"), before=parse_filter_time("", "2019")
    )
    assert len(find_photo_ids(catalog, of_2018)) == 3


@pytest.mark.parametrize("statement", [1, 2, 3, 4, 5])
def test_a_run_may_change_tags_while_they_are_read(statement: int, tmp_path: Path) -> None:
    files = [photo_file(f"{number}.jpg") for number in range(3)]
    with new_catalog(tmp_path) as writer:
        for file in files:
            writer.add_found([(file, None)])
            writer.record(done(file, meta(2018)), RUN)
        names = dict(zip((file.photo_id for file in files), ("First", "Kept", "Kept"), strict=True))
        with writer.connection.begin():
            albums = {photo: [(TagKind.ALBUM, name)] for photo, name in names.items()}
            set_tags(writer.connection, albums)
        with Library.resolve(tmp_path).read() as reader:
            left = iter(range(statement - 1, -9, -1))

            def change(*_: object) -> None:
                if next(left) == 0:
                    with writer.connection.begin():
                        new = {files[0].photo_id: [(TagKind.ALBUM, "New")]}
                        set_tags(writer.connection, new)

            sa.event.listen(reader, "after_cursor_execute", change)
            found = with_covers(reader, Filters(), TagKind.ALBUM)
    assert {facet.name: facet.photos for facet in found} in (
        *({"First": 1, "Kept": 2}, {"Kept": 2}, {"New": 1, "Kept": 2}),
    )
