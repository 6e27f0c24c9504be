from __future__ import annotations

from datetime import datetime

import pytest

from pipeline.catalog.filter_values import GeoCircle, parse_circle, parse_filter_time
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


def test_filters_are_read_from_texts_and_empty_ones_are_none() -> None:
    texts = {"camera": "iphone", "after": "2019", "lens": "", "limit": "5", "unknown": "x"}
    expected = Filters(camera="iphone", after=datetime(2019, 1, 1), limit=5)
    assert filters_of_texts(texts, lambda field: field.name) == expected


def test_errors_call_a_filter_by_the_given_name() -> None:
    with pytest.raises(UsageError, match=r"^the field after 'soon' is not a time"):
        filters_of_texts({"after": "soon"}, lambda field: f"the field {field.name}")


def test_limits_hold_however_filters_are_made() -> None:
    with pytest.raises(UsageError, match="limit"):
        Filters(limit=0)


def test_addresses_cannot_hold_sql_and_slow_globs() -> None:
    assert not {"where", "path"} & {field.name for field in filter_fields() if is_on_web(field)}
