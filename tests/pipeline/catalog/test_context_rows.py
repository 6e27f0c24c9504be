from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from pipeline.catalog.context_rows import read_facts_of, read_own_positions, read_said
from pipeline.catalog.query import find_photo
from pipeline.catalog.tags import read_tags
from pipeline.catalog.writer import CatalogWriter
from pipeline.context.merge import merge
from schemas.context import (
    NOWHERE,
    ContextFacts,
    ContextSource,
    ContextUpdate,
    PlaceNames,
    Said,
    TagKind,
)
from schemas.context_tables import context_facts, photo_tags, places, tags
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file

S = ContextSource
FILE = photo_file("a.jpg")
ALL = ContextFacts(
    source=S.APPLE_PHOTOS,
    rating=4,
    favorite=True,
    picked=True,
    label="Red",
    title="A title",
    caption='"quoted" and \u00fcml\u00e4ut',
    keywords=("sea", "Places/Norway"),
    people=("Ada", "Grace"),
    albums=("Italy",),
    location="Bryggen",
    city="Bergen",
    region="Vestland",
    country="Norway",
    hidden=False,
    trashed=False,
    taken_at=datetime(2019, 7, 14, 12, 30, 1, 5),
    taken_at_offset=timedelta(hours=-3, minutes=-30),
    latitude=60.39,
    longitude=5.32,
    altitude_m=-2.5,
    edited_of="IMG_1.JPG",
    burst_id="burst",
)


def update(*facts: ContextFacts, origin: str = "/db", place: PlaceNames = NOWHERE) -> ContextUpdate:
    said = tuple(Said(origin, one) for one in facts)
    return ContextUpdate(FILE.photo_id, said, merge(facts), place, place and "position")


def count(catalog: CatalogWriter, table: sa.Table) -> int:
    return catalog.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_facts_are_read_as_they_were_recorded(tmp_path: Path, catalog_url: str | None) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(FILE, None)])
        catalog.record_contexts([update(ALL)])
        assert read_said(catalog.connection, [FILE.photo_id]) == {FILE.photo_id: [Said("/db", ALL)]}
        assert read_facts_of(catalog.connection, "/db") == {FILE.photo_id: ALL}
        assert read_facts_of(catalog.connection, "/other") == {}


def test_a_new_context_replaces_all_of_the_old_one(tmp_path: Path, catalog_url: str | None) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(FILE, None)])
        catalog.record_contexts(
            [update(ALL, place=PlaceNames("Bryggen", "Bergen", None, "Norway"))]
        )
        record = find_photo(catalog.connection, FILE.photo_id)
        assert record is not None
        assert (record.rating, record.favorite, record.label) == (4, True, "Red")
        assert record.keywords == ("Places/Norway", "sea")
        assert (record.city, record.region, record.country) == ("Bergen", None, "Norway")
        catalog.connection.rollback()
        catalog.record_contexts([update(ContextFacts(source=S.PICASA, albums=("Rome",)))])
        record = find_photo(catalog.connection, FILE.photo_id)
        assert record is not None
        assert (record.rating, record.title, record.label, record.city) == (None,) * 4
        assert (record.albums, record.people, record.taken_at) == (("Rome",), (), None)
        catalog.connection.rollback()
        catalog.settle()
        assert (count(catalog, tags), count(catalog, places)) == (1, 0)


def test_names_that_differ_in_accents_are_names_of_their_own(tmp_path: Path) -> None:
    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(FILE, None)])
        people = ContextFacts(source=S.DIGIKAM, people=("Rene", "Ren\u00e9"))
        catalog.record_contexts([update(people)])
        found = read_tags(catalog.connection, [FILE.photo_id])[FILE.photo_id]
    assert found == {TagKind.PERSON: ["Rene", "Ren\u00e9"]}


def test_a_date_and_a_position_of_the_file_count_before_those_of_a_context(
    tmp_path: Path, catalog_url: str | None
) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(FILE, None)])
        catalog.record(done(FILE, meta(2001)), RUN)
        catalog.record_contexts([update(ALL)])
        record = find_photo(catalog.connection, FILE.photo_id)
        assert record is not None
        assert record.taken_at is not None
        assert (record.taken_at.year, record.latitude) == (2001, 48.8584)
        positions = read_own_positions(catalog.connection, [FILE.photo_id])
        assert positions == {FILE.photo_id: (48.8584, 2.2945)}


def test_what_a_context_filled_stays_when_the_scene_is_made(
    tmp_path: Path, catalog_url: str | None
) -> None:
    nothing = meta(latitude=None)
    nothing = type(nothing)(camera_model="X-E2")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(FILE, None)])
        catalog.record_contexts([update(ALL)])
        catalog.record(done(FILE, nothing), RUN)
        record = find_photo(catalog.connection, FILE.photo_id)
        assert record is not None
        assert (record.taken_at, record.latitude) == (ALL.taken_at, 60.39)
        assert record.taken_at_offset == "-03:30"
        assert read_own_positions(catalog.connection, [FILE.photo_id]) == {}


def test_a_forgotten_photo_leaves_no_context_behind(tmp_path: Path) -> None:
    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(FILE, None)])
        catalog.record_contexts([update(ALL)])
        catalog.mark_missing([FILE.path], [])
        catalog.settle()
        assert [count(catalog, table) for table in (context_facts, photo_tags, tags)] == [0, 0, 0]
