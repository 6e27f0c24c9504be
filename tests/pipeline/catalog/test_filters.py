from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.catalog.filter_values import (
    GeoCircle,
    PhotoList,
    parse_circle,
    parse_filter_time,
    parse_photo_list,
)
from pipeline.catalog.filters import Filters, filter_fields, filters_of_texts, is_on_web
from schemas.errors import UsageError


@pytest.mark.parametrize("text", ["", "1,2", "91,0,1", "0,181,1", "0,0,0", "a,b,c", "nan,0,1"])
def test_places_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_circle("--near", text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2019", datetime(2019, 1, 1)),
        ("2019-07", datetime(2019, 7, 1)),
        ("2019-07-14", datetime(2019, 7, 14)),
        ("2019-07-14T18:30", datetime(2019, 7, 14, 18, 30)),
    ],
)
def test_times_as_people_write_them(text: str, time: datetime) -> None:
    assert parse_filter_time("--after", text) == time


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--after"):
        parse_filter_time("--after", "yesterday")


def test_a_circle_is_read_from_text() -> None:
    assert parse_circle("--near", "48.8584,2.2945,5") == GeoCircle(48.8584, 2.2945, 5)


def test_a_list_of_photos_is_read_from_a_file(tmp_path: Path) -> None:
    photo_id = "0123456789abcdef" * 2
    file = tmp_path / "list.txt"
    file.write_bytes(
        b"\xef\xbb\xbf/photos/a b.jpg\r\n\r\n" + photo_id.encode() + b"\n/photos/caf\xe9.jpg\n"
    )
    found = parse_photo_list("--listed-in", str(file))
    assert found == PhotoList(str(file), (photo_id,), ("/photos/a b.jpg", r"/photos/caf\xe9.jpg"))
    assert str(found) == str(file)
    assert Filters(listed_in=found).as_dict() == {"listed_in": str(file)}


def test_a_list_of_photos_is_read_from_the_standard_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"here.jpg\n")))
    assert parse_photo_list("--listed-in", "-").paths == (str(tmp_path / "here.jpg"),)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n\n", "lists no photos"), (b"a\0b", "not a text file"), (None, "No such")],
)
def test_what_is_no_list_of_photos_is_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    file = tmp_path / "list.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        parse_photo_list("--listed-in", str(file))


def test_filters_are_read_from_texts_and_empty_ones_are_none() -> None:
    texts = {"camera": "iphone", "after": "2019", "lens": "", "limit": "5", "unknown": "x"}
    expected = Filters(camera="iphone", after=datetime(2019, 1, 1), limit=5)
    assert filters_of_texts(texts, lambda field: field.name) == expected


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("2019/../2020/", Path.cwd() / "2020"),
        ("~/Photos", Path.home() / "Photos"),
        ("~nobody-here/Photos", Path.cwd() / "~nobody-here" / "Photos"),
    ],
)
def test_a_folder_is_an_absolute_path(text: str, folder: Path) -> None:
    found = filters_of_texts({"folder": text}, lambda field: field.name)
    assert found == Filters(folder=str(folder))


def test_errors_call_a_filter_by_the_given_name() -> None:
    with pytest.raises(UsageError, match=r"^the field after 'soon' is not a time"):
        filters_of_texts({"after": "soon"}, lambda field: f"the field {field.name}")


def test_limits_hold_however_filters_are_made() -> None:
    with pytest.raises(UsageError, match="limit"):
        Filters(limit=0)


def test_addresses_cannot_hold_sql_and_slow_globs() -> None:
    assert not {"where", "path", "listed_in"} & {
        field.name for field in filter_fields() if is_on_web(field)
    }
