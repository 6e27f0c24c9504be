"""Names of well-known places, by coordinates from their own published positions."""

from __future__ import annotations

import pytest

from pipeline.context.places import gazetteer
from schemas.context import NOWHERE, PlaceNames


@pytest.mark.parametrize(
    ("latitude", "longitude", "names"),
    [
        (60.3975, 5.3245, PlaceNames(None, "Bergen", "Vestland", "Norway")),
        (46.0207, 7.7491, PlaceNames(None, "Zermatt", "Valais", "Switzerland")),
        (45.4375, 12.3358, PlaceNames(None, "Venice", "Veneto", "Italy")),
        (51.5136, -0.1365, PlaceNames("Soho", "London", "England", "United Kingdom")),
        (48.9362, 2.3574, PlaceNames("Saint-Denis", "Paris", "Île-de-France", "France")),
    ],
)
def test_names_of_well_known_places(latitude: float, longitude: float, names: PlaceNames) -> None:
    assert gazetteer().names([(latitude, longitude)]) == [names]


@pytest.mark.parametrize(
    ("latitude", "longitude", "city"),
    [
        (48.8867, 2.3431, "Paris"),  # Montmartre
        (40.6782, -73.9442, "New York City"),  # Brooklyn
        (-33.8568, 151.2153, "Sydney"),  # the Opera House
        (35.6586, 139.7454, "Tokyo"),  # Tokyo Tower
    ],
)
def test_a_quarter_belongs_to_its_city(latitude: float, longitude: float, city: str) -> None:
    (names,) = gazetteer().names([(latitude, longitude)])
    assert names.city == city
    assert names.location not in (None, city)


@pytest.mark.parametrize(
    ("latitude", "longitude", "city", "country"),
    [
        (40.7440, -74.0324, "Hoboken", "United States"),  # New York is in another state
        (46.1930, 6.2340, "Annemasse", "France"),  # 6 km from Geneva
        (47.6603, 9.1758, "Konstanz", "Germany"),  # these two are one town
        (47.6500, 9.1750, "Kreuzlingen", "Switzerland"),
    ],
)
def test_a_large_city_takes_no_places_beyond_a_border(
    latitude: float, longitude: float, city: str, country: str
) -> None:
    (names,) = gazetteer().names([(latitude, longitude)])
    assert (names.city, names.country) == (city, country)


def test_degrees_of_longitude_are_short_in_the_north() -> None:
    # 5 km east of Tromsø's centre: a comparison of degrees would say 0.13 degrees away.
    (names,) = gazetteer().names([(69.6492, 19.08)])
    assert names.city == "Tromsø"


def test_far_from_any_place_only_region_and_country_are_known() -> None:
    (names,) = gazetteer().names([(-16.5, 179.99)])
    assert (names.city, names.country) == (None, "Fiji")


def test_places_are_found_across_the_date_line() -> None:
    west, east = gazetteer().names([(-16.5, 179.99), (-16.5, -179.99)])
    assert west == east != NOWHERE


@pytest.mark.parametrize("position", [(30.0, -40.0), (90.0, 0.0), (-90.0, 180.0), (72.0, -40.0)])
def test_oceans_and_ice_have_no_names(position: tuple[float, float]) -> None:
    assert gazetteer().names([position]) == [NOWHERE]
