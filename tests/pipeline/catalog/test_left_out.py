"""Sums over the photos that pages show count the same photos by the few that are left out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog import left_out
from pipeline.catalog.counts import count_scored, count_selected
from pipeline.catalog.facets import read_tag_covers, read_tag_facets, read_year_facets
from pipeline.catalog.filters import Filters
from pipeline.catalog.geography import WORLD, read_places
from pipeline.catalog.periods import UNDATED, read_periods, read_timeline
from pipeline.catalog.query import find_photo_ids
from pipeline.catalog.tags import set_tags
from pipeline.catalog.timeline import read_best, read_period
from pipeline.library import Library
from schemas.context import TagKind
from schemas.context_tables import photo_flags, scene_flags
from schemas.records import PhotoState
from schemas.tables import photos
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file
from tests.support.postgres import fresh_schema

NUMBER = 120
SHOWN = Filters(state=PhotoState.DONE, one_per_group=True, with_depth=True)
VIEWS = {
    "all that is shown": SHOWN,
    "with flat ones": replace(SHOWN, with_depth=None),
    "flat ones alone": replace(SHOWN, with_depth=False),
    "all of each moment": replace(SHOWN, one_per_group=False),
    "hidden": replace(SHOWN, hidden=True),
    "in the trash": replace(SHOWN, trashed=True),
    "stars": replace(SHOWN, rating=3),
    "a word": replace(SHOWN, text="x-e2"),
    "three letters": replace(SHOWN, text="Jpg"),
    "two letters": replace(SHOWN, text="5."),
    "words": replace(SHOWN, text="jul jpg 1 photos"),
    "waiting": Filters(state=PhotoState.DUE),
}
WORDS = ("a word", "three letters", "two letters", "words")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def catalog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """Give a catalog with photos of every kind that is left out, many of several kinds."""
    root, rng = tmp_path_factory.mktemp("library"), random.Random(5)
    url = None
    if request.param == "postgres":
        url = fresh_schema(request.getfixturevalue("postgres_server"))
    with new_catalog(root, url) as writer:
        for number in range(NUMBER):
            file = photo_file(f"{number}.jpg")
            writer.add_found([(file, None)])
            is_done = rng.random() < 0.8
            if is_done:
                writer.record(done(file, meta(2015 + number // 20)), RUN)
            values = {
                "hidden": rng.choice((None, None, None, False, True)),
                "trashed": rng.choice((None, None, None, False, True)),
                "group_id": rng.choice((None, None, f"group {number // 10}")),
                "group_rank": number % 10,
                "rating": rng.choice((None, 3)),
                "score": rng.choice((None, 0.5)) if is_done else None,
            }
            if number % 15 == 0:
                values["taken_at"] = None
            with writer.connection.begin():
                which = photos.c.photo_id == file.photo_id
                writer.connection.execute(photos.update().where(which).values(values))
                set_tags(writer.connection, {file.photo_id: [(TagKind.ALBUM, f"{number % 7}")]})
                flag = {"flag": rng.choice(("screenshot", "blurred", "flat"))}
                if rng.random() < 0.3:
                    writer.connection.execute(
                        photo_flags.insert(), flag | {"photo_id": file.photo_id}
                    )
                scene = writer.connection.scalar(
                    photos.select().with_only_columns(photos.c.scene_id).where(which)
                )
                if scene is not None and rng.random() < 0.3:
                    writer.connection.execute(scene_flags.insert(), flag | {"scene_id": scene})
    with Library.resolve(root, url).read() as reader:
        yield reader


@pytest.mark.parametrize("are_few", [True, False])
@pytest.mark.parametrize("view", VIEWS)
def test_sums_count_what_is_selected(
    catalog: Connection, view: str, are_few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.catalog.selection.are_few", lambda _: are_few)
    filters = VIEWS[view]
    selected = find_photo_ids(catalog, filters)
    assert 0 < len(selected) < NUMBER
    assert count_selected(catalog, filters) == len(selected)
    assert sum(period.photos for period in read_periods(catalog, filters)) == len(selected)
    albums = read_tag_facets(catalog, filters, TagKind.ALBUM)
    assert sum(album.photos for album in albums) == len(selected)
    with_covers = read_tag_covers(catalog, filters, TagKind.ALBUM, albums)
    assert [album.name for album in with_covers] == [album.name for album in albums]
    assert {album.cover for album in with_covers} <= selected
    assert [album.photos for album in albums] == [
        len(find_photo_ids(catalog, replace(filters, album=album.value))) for album in albums
    ]
    years = read_year_facets(catalog, filters)
    assert {year.cover for year in years} <= selected
    bounds = read_places(catalog, filters).bounds
    with_position = find_photo_ids(catalog, replace(filters, area=WORLD))
    assert (bounds.photos if bounds else 0) == len(with_position)
    assert sum(place.photos for place in read_places(catalog, filters).named) <= len(selected)


@pytest.fixture(params=[True, False])
def selects_many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have filters select more photos than are found by them, or fewer."""
    if request.param:
        monkeypatch.setattr("pipeline.catalog.periods._MOST_TO_FIND", 1)
        monkeypatch.setattr("pipeline.catalog.timeline._MOST_TO_SORT", 1)


@pytest.mark.usefixtures("selects_many")
@pytest.mark.parametrize("view", VIEWS)
def test_pages_show_what_is_selected(catalog: Connection, view: str) -> None:
    filters = VIEWS[view]
    selected = find_photo_ids(catalog, filters)
    shown = [
        photo.photo_id
        for period in read_periods(catalog, filters)
        for photo in read_period(catalog, filters, period.name, None, NUMBER)
    ]
    assert sorted(shown) == sorted(selected)
    scored = sa.select(photos.c.photo_id).where(photos.c.score.is_not(None))
    best = read_best(catalog, filters, NUMBER)
    assert [photo.photo_id for photo in best] == sorted(selected & set(catalog.scalars(scored)))
    assert count_scored(catalog, filters) == len(best)


@pytest.mark.usefixtures("selects_many")
@pytest.mark.parametrize("view", [*("all that is shown", "all of each moment", "hidden"), *WORDS])
def test_the_timeline_counts_months_and_what_has_no_depth(catalog: Connection, view: str) -> None:
    filters = VIEWS[view]
    timeline = read_timeline(catalog, replace(filters, with_depth=None))
    assert timeline.periods == read_periods(catalog, filters)
    assert timeline.periods[-1].name == UNDATED or view == "hidden"
    assert timeline.flat == len(find_photo_ids(catalog, replace(filters, with_depth=False)))


def test_few_are_left_out_where_most_photos_have_scenes(catalog: Connection) -> None:
    assert left_out.are_few(catalog)
