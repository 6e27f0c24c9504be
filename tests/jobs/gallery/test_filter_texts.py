from __future__ import annotations

import pytest

from jobs.gallery.address import FILTER_NAMES, UNTIL, WEB_FILTERS, read_view
from jobs.gallery.filter_texts import TRUTH_TEXTS, VALUE_TEXTS, filter_text
from jobs.gallery.texts import translate, translate_known
from schemas.errors import UsageError


def test_each_filter_of_an_address_has_words() -> None:
    assert {*VALUE_TEXTS, *TRUTH_TEXTS} == set(WEB_FILTERS)
    assert set(FILTER_NAMES) == {*WEB_FILTERS, UNTIL}


@pytest.mark.parametrize(
    ("name", "english", "german"),
    [
        (
            "after",
            "Taken from 'x or y' is not a time",
            "Aufgenommen ab: 'x or y' ist keine Zeitangabe",
        ),
        ("until", "Taken until 'x or y' is not a day", "Aufgenommen bis: 'x or y' ist kein Tag"),
        (
            "near",
            "Position 'x or y' is not a circle on the ground",
            "Position: 'x or y' ist kein Umkreis",
        ),
        (
            "hidden",
            "Hidden 'x or y' is not true or false",
            "Ausgeblendet: 'x or y' ist weder true noch false",
        ),
    ],
)
def test_an_error_calls_a_filter_as_the_page_does(name: str, english: str, german: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_view({name: "x or y"})
    assert caught.value.message == english
    assert translate_known("de", english) == german


@pytest.mark.parametrize(
    ("query", "english", "german"),
    [
        ("with_depth=false", "without depth", "ohne Tiefe"),
        (
            "near=41.9,12.5,5",
            "within 5 km of 41.9000° N, 12.5000° E",
            "im Umkreis von 5 km um 41,9000° N, 12,5000° O",
        ),
        ("rating=1", "1 star or more", "ab 1 Stern"),
        ("rating=2", "2 stars or more", "ab 2 Sternen"),
        ("area=-90,-180,0,0", "part of the map", "Ausschnitt der Karte"),
        ("place=/Italy/Lazio", "Place: Lazio, Italy", "Ort: Lazio, Italy"),
        ("after=2019-07", "from July 2019", "ab Juli 2019"),
        ("after=2019-07-14T18:30", "from 14 July 2019, 18:30", "ab 14. Juli 2019, 18:30"),
        # What comes before a day is what comes until the day before.
        ("before=2019-08-01", "until 31 July 2019", "bis 31. Juli 2019"),
        ("before=2019-08", "until July 2019", "bis Juli 2019"),
        ("before=2020", "until 2019", "bis 2019"),
        ("before=1000", "until 0999", "bis 0999"),
        ("before=0001", "until 1 January 1, 00:00", "bis 1. Januar 1, 00:00"),
        ("until=2019-07-31", "until 31 July 2019", "bis 31. Juli 2019"),
        ("before=2019-07-14T18:30", "until 14 July 2019, 18:30", "bis 14. Juli 2019, 18:30"),
        ("reason=not_a_photo", "Reason: not a photo", "Grund: kein Foto"),
        ("reason={0}", "Reason: {0}", "Grund: {0}"),
        ("text={x}", "{x}", "{x}"),
    ],
)
def test_the_chip_of_a_filter_has_no_raw_values(query: str, english: str, german: str) -> None:
    given, _, value = query.partition("=")
    view = read_view({given: value})
    ((name, written),) = view.texts.items()
    said = filter_text(name, getattr(view.filters, name), written)
    assert said == english
    assert translate("de", said) == german
