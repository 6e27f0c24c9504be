from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.migrate import migrate
from pipeline.catalog.query import find_photo_ids
from pipeline.catalog.snapshot import write_snapshot
from pipeline.catalog.writer import CatalogWriter
from pipeline.context.merge import merge
from pipeline.library import Library
from pipeline.maintenance.rebuild import find_snapshot, load_snapshot
from pipeline.store.store import Store
from schemas.context import (
    BY_POSITION,
    ContextFacts,
    ContextSource,
    ContextUpdate,
    PlaceNames,
    Said,
)
from schemas.search_tables import photo_texts
from schemas.tables import CATALOG_VERSION, photos
from tests.support.freeze_catalog import thaw
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file

ETE = photo_file("2019/E\u0301te\u0301 à la mer/IMG_0001.JPG")  # decomposed, as macOS writes it
OSLO = photo_file("2020/Straße/IMG_0002.JPG")
PLAIN = photo_file('100% o\'clock "quoted"/x.jpg')


def context(photo_id: str, **said: object) -> ContextUpdate:
    facts = ContextFacts(source=ContextSource.LIGHTROOM, **said)  # type: ignore[arg-type]
    places = PlaceNames(city="Tromsø", country="Norway")
    return ContextUpdate(photo_id, (Said("/a.lrcat", facts),), merge([facts]), places, BY_POSITION)


@pytest.fixture
def catalog(tmp_path: Path, catalog_url: str | None) -> Iterator[CatalogWriter]:
    with new_catalog(tmp_path, catalog_url) as writer:
        writer.add_found([(file, None) for file in (ETE, OSLO, PLAIN)])
        writer.record(done(ETE, meta(2019)), RUN)
        writer.record(done(OSLO, replace(meta(2020), camera_model="X-E2")), RUN)
        writer.record_contexts(
            [context(OSLO.photo_id, title="Nordlicht", people=("Ådne Ørn",), albums=("Winter",))]
        )
        yield writer


def found(catalog: CatalogWriter, text: str) -> set[str]:
    names = {ETE.photo_id: "été", OSLO.photo_id: "oslo", PLAIN.photo_id: "plain"}
    with catalog.engine.connect() as reader:
        return {names[photo_id] for photo_id in find_photo_ids(reader, Filters(text=text))}


CASES: list[tuple[str, set[str]]] = [
    *((text, {"été"}) for text in ("Été", "été", "ete", "ETE", "E\u0301te\u0301", "mer ete")),
    *((text, {"oslo"}) for text in ("STRASSE", "straße", "tromso", "Tromsø", "adne orn")),
    *((text, {"oslo"}) for text in ("nordlicht", "winter norway", "x-e2 nord")),
    *((text, {"été"}) for text in ("July 2019", "juli 2019", "2019-07-14", "2019-07")),
    *((text, {"plain"}) for text in ('"quoted"', "o'clock", "100%", "%", '"', "0% o'")),
    *((text, set()) for text in ("ete nordlicht", "???", "*", "2019-08", "img_0003")),
    *((text, {"été", "oslo"}) for text in ("img_000", "jul", "IMG", "  Photos   jpg  2")),
    ("   ", {"été", "oslo", "plain"}),
]


def test_words_are_found_without_case_and_accents(catalog: CatalogWriter) -> None:
    for text, names in CASES:
        assert found(catalog, text) == names, text


def test_texts_follow_what_is_recorded(catalog: CatalogWriter) -> None:
    moved = replace(ETE, path="/photos/somewhere else/y.jpg")
    catalog.add_found([(moved, None)])
    assert found(catalog, "somewhere") == {"été"}
    catalog.add_found([(replace(OSLO, path=moved.path), None)])  # another photo, of that name
    assert found(catalog, "somewhere") == {"oslo"}
    catalog.record_contexts([context(OSLO.photo_id, title="Polarlicht")])
    assert found(catalog, "nordlicht") == set()
    assert found(catalog, "polarlicht tromso") == {"oslo"}
    catalog.mark_missing([PLAIN.path], [])
    catalog.settle()
    assert found(catalog, "quoted") == set()
    with catalog.engine.connect() as reader:
        assert reader.scalar(sa.select(sa.func.count()).select_from(photo_texts)) == 2


def check_rows_of_texts(connection: Connection) -> None:
    """Check that each photo knows the row of its own text."""
    joined = photos.outerjoin(photo_texts, photo_texts.c.text_id == photos.c.text_id)
    query = sa.select(photos.c.photo_id, photo_texts.c.photo_id.label("of_text"))
    rows = connection.execute(query.select_from(joined)).all()
    assert rows
    assert all(row.photo_id == row.of_text for row in rows)


@pytest.mark.parametrize("version", [1, 3, 4, 5])
def test_an_older_catalog_gets_its_texts(
    tmp_path: Path, catalog_url: str | None, version: int
) -> None:
    thaw(tmp_path, version, catalog_url)
    assert migrate(find_catalog(tmp_path, catalog_url)).to_version == CATALOG_VERSION
    with Library.resolve(tmp_path, catalog_url).read() as reader:
        check_rows_of_texts(reader)
        assert len(find_photo_ids(reader, Filters(text="done"))) == 1
        if version >= 3:
            assert len(find_photo_ids(reader, Filters(text="bergen ada"))) == 1
            assert len(find_photo_ids(reader, Filters(text="DONE"))) == 1


def test_new_photos_and_those_of_a_snapshot_know_the_rows_of_their_texts(
    catalog: CatalogWriter, tmp_path: Path
) -> None:
    check_rows_of_texts(catalog.connection)
    catalog.connection.rollback()
    store = Store(tmp_path)
    with catalog.engine.connect() as reader:
        write_snapshot(reader, store)
    assert find_snapshot(store) == CATALOG_VERSION
    other = find_catalog(tmp_path / "other")
    other.file.parent.mkdir()
    with open_database(other, create=True).begin() as connection:
        load_snapshot(connection, store, CATALOG_VERSION)
        check_rows_of_texts(connection)
