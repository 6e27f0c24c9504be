from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from pipeline.catalog.filter_values import GeoCircle, PhotoList, parse_circle
from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_details import photo_details
from pipeline.catalog.portable_sql import distance_km
from pipeline.catalog.query import find
from pipeline.catalog.text import path_bytes
from pipeline.catalog.unmatched import unmatched_lines
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.path_text import path_text
from schemas.records import ScaleSource
from tests.support.library_of_records import RUN, done, failed, meta, new_catalog, photo_file
from tests.support.postgres import fresh_schema


def circle(text: str) -> GeoCircle:
    return parse_circle("--near", text)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def catalog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    root = tmp_path_factory.mktemp("library")
    if request.param == "postgres":
        url = fresh_schema(request.getfixturevalue("postgres_server"))
    else:
        url = None
    with new_catalog(root, url) as writer:
        facts = {
            "paris.jpg": meta(2019),
            "old/quito.jpg": meta(2005, latitude=-0.18),
            "nowhere 100%.jpg": meta(2021, latitude=None, model="ILCE-7M3"),
        }
        for name, about in facts.items():
            writer.add_found([(photo_file(name), None)])
            scale = ScaleSource.GROUND if name == "paris.jpg" else ScaleSource.DEFAULT
            writer.record(done(photo_file(name), about, scale_source=scale), RUN)
        writer.add_found([(photo_file("broken.jpg"), None), (photo_file("new.jpg"), None)])
        writer.record(failed(photo_file("broken.jpg")), RUN)
        copy = replace(photo_file("new.jpg"), path=os.fsdecode(b"/photos/z/caf\xe9.jpg"))
        writer.add_found([(copy, None)])
    with Library.resolve(root, url).read() as reader:
        yield reader


def test_listed_photos_are_found_by_id_and_by_path(catalog: Connection) -> None:
    (paris,) = (record.photo_id for record in find(catalog, Filters(path="*paris.jpg")))
    cafe = path_text(os.fsdecode(b"/photos/z/caf\xe9.jpg"))
    listing = PhotoList(
        "list", (paris, "0" * 32), ("/photos/old/quito.jpg", cafe, "/not/there.jpg")
    )
    assert sorted(names(catalog, Filters(listed_in=listing))) == sorted(
        ["paris.jpg", "old/quito.jpg", names(catalog, Filters(path=cafe))[0]]
    )
    assert unmatched_lines(catalog, listing) == ["0" * 32, "/not/there.jpg"]
    many = PhotoList("list", tuple(f"{number:032x}" for number in range(70_000)), ())
    assert names(catalog, Filters(listed_in=many)) == []
    only = PhotoList("list", (paris,), ())
    assert names(catalog, Filters(listed_in=only, camera="nothing")) == []


def test_a_folder_selects_what_is_below_it(catalog: Connection) -> None:
    assert names(catalog, Filters(folder="/photos/old")) == ["old/quito.jpg"]
    assert names(catalog, Filters(folder="/photos/old/")) == ["old/quito.jpg"]
    assert names(catalog, Filters(folder="/photos/ol")) == []
    assert names(catalog, Filters(folder="/photos/OLD")) == []
    assert len(names(catalog, Filters(folder="/photos"))) == 5
    assert len(names(catalog, Filters(folder="/"))) == 5
    assert names(catalog, Filters(folder="/photos/%")) == []


def names(catalog: Connection, filters: Filters) -> list[str]:
    return [record.paths[0].removeprefix("/photos/") for record in find(catalog, filters)]


def test_all_photos_come_by_capture_time_and_those_without_one_last(catalog: Connection) -> None:
    assert names(catalog, Filters()) == [
        "old/quito.jpg",
        *sorted(["paris.jpg", "broken.jpg"], key=lambda name: photo_file(name).photo_id),
        "nowhere 100%.jpg",
        "new.jpg",
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(state="failed"), ["broken.jpg"]),
        (Filters(reason="truncated"), ["broken.jpg"]),
        (Filters(state="due"), ["new.jpg"]),
        (Filters(camera="ilce"), ["nowhere 100%.jpg"]),
        (Filters(camera="FUJIFILM x-e2", state="done"), ["old/quito.jpg", "paris.jpg"]),
        (Filters(camera="%"), []),
        (Filters(scale_source=ScaleSource.GROUND), ["paris.jpg"]),
        (Filters(where="scale_source = 'default' AND taken_at < '2010'"), ["old/quito.jpg"]),
        (Filters(after=datetime(2020, 1, 1)), ["nowhere 100%.jpg"]),
        (Filters(before=datetime(2019, 7, 14, 18, 30)), ["old/quito.jpg"]),
        (Filters(path="*/old/*"), ["old/quito.jpg"]),
        (Filters(path="/photos/[^a-o]a?is.*"), ["paris.jpg"]),
        (Filters(path="*[%]*"), ["nowhere 100%.jpg"]),
        (Filters(path="*.JPG"), []),
        (Filters(path="*[j"), []),
        (Filters(near=circle("48.86,2.35,10"), state="done"), ["paris.jpg"]),
        (Filters(near=circle("48.86,2.35,3")), []),
        (
            Filters(
                near=circle("48.86,2.35,10"),
                after=datetime(2001, 1, 1),
                state="done",
            ),
            ["paris.jpg"],
        ),
        (
            Filters(near=circle("0,0,20000"), before=datetime(2006, 1, 1)),
            ["old/quito.jpg"],
        ),
        (Filters(near=circle("-0.18,2.29,5"), before=datetime(2005, 1, 1)), []),
        (Filters(where="splat_bytes > 1 AND taken_at < '2010'"), ["old/quito.jpg"]),
        (Filters(where="camera_model LIKE 'ILCE:%' -- a comment"), []),
        (Filters(order="-taken_at", limit=1), ["nowhere 100%.jpg"]),
    ],
)
def test_filters(catalog: Connection, filters: Filters, expected: list[str]) -> None:
    assert names(catalog, filters) == expected


@pytest.mark.parametrize(
    "where",
    [
        "no_such_field = 1",
        "1; DROP TABLE photos",
        "1) UNION SELECT * FROM sqlite_master WHERE (1",
        "load_extension('x') = 1",
        "writefile('x', 'y') = 1",
        "1 IN (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)",
        "(",
    ],
)
def test_where_that_is_wrong_or_does_harm_is_refused(catalog: Connection, where: str) -> None:
    with pytest.raises(UsageError, match="--where"):
        list(find(catalog, Filters(where=where)))
    assert len(names(catalog, Filters())) == 5


def test_a_wrong_expression_is_refused_before_the_first_record(catalog: Connection) -> None:
    for where in ("no_such_field = 1", "abs(-9223372036854775807 - 1) > 0"):
        with pytest.raises(UsageError, match="--where"):
            find(catalog, Filters(where=where))


def test_filters_that_are_no_text_are_refused_but_for_paths(catalog: Connection) -> None:
    bytes_of_latin_1 = os.fsdecode(b"caf\xe9")
    for filters in (Filters(where=f"model = '{bytes_of_latin_1}'"), Filters(lens=bytes_of_latin_1)):
        with pytest.raises(UsageError, match="no UTF-8"):
            find(catalog, filters)
    assert names(catalog, Filters(path=f"*/{bytes_of_latin_1}.jpg")) == ["new.jpg"]


@given(st.binary(min_size=1).filter(lambda name: b"\\" not in name and b"\0" not in name))
def test_a_path_of_the_catalog_gives_back_the_bytes_of_the_name(name: bytes) -> None:
    path = b"/no/such/folder/" + name
    assert path_bytes(path_text(os.fsdecode(path))) == path


def test_a_name_with_an_escape_of_its_own_is_taken_as_it_is(tmp_path: Path) -> None:
    for name in (r"caf\xe9.jpg", r"caf\xc3\xa9.jpg"):
        path = tmp_path / name
        path.touch()
        assert path_bytes(str(path)) == os.fsencode(path)
    assert path_bytes(r"/gone/caf\xc3\xa9.jpg") == rb"/gone/caf\xc3\xa9.jpg"  # no bad bytes


def test_an_order_that_is_no_field_is_refused(catalog: Connection) -> None:
    with pytest.raises(UsageError, match="no such field"):
        list(find(catalog, Filters(order="random(); --")))


def test_distances_on_the_ground() -> None:
    assert distance_km(0, 0, 0, 90) == pytest.approx(10_007.6, abs=0.1)  # a quarter of the equator
    assert distance_km(48.8584, 2.2945, 48.8584, 2.2945) == 0
    assert distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.24, abs=0.01)
    assert distance_km(None, 2, 0, 0) is None


def test_details_are_found_by_id_by_its_digits_and_by_path(catalog: Connection) -> None:
    photo_id = photo_file("paris.jpg").photo_id
    for name in (photo_id, photo_id[:8], "/photos/paris.jpg", "paris.jpg"):
        details = photo_details(catalog, name, Path("/photos"))
        assert details["photo_id"] == photo_id
        assert details["paths"] == [
            {"path": "/photos/paris.jpg", "missing_at": None, "skip_reason": None}
        ]
    (scene,) = details["scenes"]
    assert scene["gaussians"] == 1_179_648


def test_details_of_a_stranger_are_refused(catalog: Connection) -> None:
    for name in ("zzz.jpg", "0", "ffffffff"):
        with pytest.raises(UsageError, match="knows no such photo"):
            photo_details(catalog, name, Path("/photos"))
