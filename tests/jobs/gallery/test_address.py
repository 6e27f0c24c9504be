"""The filters of addresses, as people and programs may write them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from jobs.gallery.address import UNTIL, WEB_FILTERS, read_view
from jobs.gallery.app import GallerySettings
from jobs.gallery.filter_texts import filter_text
from jobs.gallery.texts import languages, translate
from pipeline.catalog.counts import count_selected
from pipeline.catalog.portable_sql import register_functions
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.records import PhotoState
from tests.support.gallery_client import gallery_client
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file

EXTREMES = (
    *("0", "-0", "1", "-1", "1e400", "-1e400", "nan", "inf", str(2**63), "9" * 300, "٣", "1_0"),
    *("true", "false", "0001", "9999", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999"),
    *("0001-01-01T00:00+14:00", "2019-W01-1", "20190714", "2019-02-30", "10000", "0000"),
    *("0,0,1", "90,180,1e308", "0,0,inf", "nan,0,1", "-90,-180,90,180", "1e-320,0,1,1", ",,,"),
    *("*", "*" * 300, "?" * 300, "[", "[!]", "%", "_", "/", "//", "/" * 300, "\\", "..", "{0}"),
    *('"', "'", '""', "-", "NOT", "a OR", "(", "\ufffd", "\u202e", "a\nb", "é" * 300),
    *("flat", "no_such_flag", "depth_map"),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    root = tmp_path_factory.mktemp("addressed")
    with new_catalog(root) as catalog:
        file = photo_file("IMG_1.jpg")
        catalog.add_found([(file, None)])
        catalog.record(done(file, meta()), RUN)
    return Library.resolve(root)


@pytest.fixture(scope="module")
def catalog(library: Library) -> Iterator[Connection]:
    with library.read() as connection:
        register_functions(connection)
        yield connection


@given(st.sampled_from([*WEB_FILTERS, UNTIL]), st.sampled_from(EXTREMES) | st.text(max_size=20))
@example("before", "0001")
@example("before", "0001-01-01T12:00")
@example("before", "1000")
@example("near", "0,0,1e308")
def test_an_address_selects_photos_or_is_refused(
    catalog: Connection, name: str, value: str
) -> None:
    try:
        view = read_view({name: value})
        count = count_selected(catalog, view.of_state(PhotoState.DONE))
    except UsageError:
        return
    assert 0 <= count <= 1
    assert len(view.last_day) in (0, len("2019-07-14"))
    for filtered, written in view.texts.items():
        said = filter_text(filtered, getattr(view.filters, filtered), written)
        for language in languages():
            assert translate(language, said)


@pytest.mark.parametrize(
    "path", ["/", "/best", "/places", "/people", "/years", "/api/map", "/show"]
)
def test_pages_answer_to_the_limits_of_time(library: Library, path: str) -> None:
    client = gallery_client(GallerySettings(library, library.root / "cache"))
    for query in (
        "before=0001",
        "after=9999-12-31T23:59:59",
        "until=0001-01-01",
        "until=9999-12-31",
    ):
        assert client.get(f"{path}?{query}").status_code in (200, 303, 400), query
