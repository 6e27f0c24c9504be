from __future__ import annotations

import pytest

from jobs.gallery.address import WEB_FILTERS, read_view
from jobs.gallery.filter_texts import TRUTH_TEXTS, VALUE_TEXTS, filter_text
from jobs.gallery.texts import translate


def test_each_filter_of_an_address_has_words() -> None:
    assert {*VALUE_TEXTS, *TRUTH_TEXTS} == set(WEB_FILTERS)


@pytest.mark.parametrize(
    ("query", "english", "german"),
    [
        ("with_depth=false", "without depth", "ohne Tiefe"),
        (
            "near=41.9,12.5,5",
            "within 5 km of 41.9000° N, 12.5000° E",
            "im Umkreis von 5 km um 41,9000° N, 12,5000° O",
        ),
        ("area=-90,-180,0,0", "part of the map", "Ausschnitt der Karte"),
        ("place=/Italy/Lazio", "Place: Lazio, Italy", "Ort: Lazio, Italy"),
        ("after=2019-07", "from July 2019", "ab Juli 2019"),
        ("after=2019-07-14T18:30", "from 14 July 2019, 18:30", "ab 14. Juli 2019, 18:30"),
        # What comes before a day is what comes until the day before.
        ("before=2019-08-01", "until 31 July 2019", "bis 31. Juli 2019"),
        ("before=2019-08", "until July 2019", "bis Juli 2019"),
        ("before=2020", "until 2019", "bis 2019"),
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
