"""Names of places for coordinates, offline: the populated places of GeoNames (CC BY 4.0).

The list holds 155,000 places of 1,000 people and more, made by `scripts/make_places.py`. Points are
compared with points: near a border the nearest place may lie on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.context import NOWHERE, PlaceNames

PLACES = Path(__file__).with_name("places.parquet")

_EARTH_KM = 6371.0
_KM_PER_DEGREE = 111.2  # of latitude
# A photo is named after a place within this distance; in wider country only region and country.
_CITY_KM = 50.0
_REGION_KM = 200.0
# People in a square kilometre of a city: gives its radius. Between Paris (20,000) and sprawl.
_DENSITY = 6000.0
_STEP_DEGREES = 0.001  # photos nearer to each other than this, 100 m, share their names

FloatArray = npt.NDArray[np.float64]


class Gazetteer:
    """The places of the world, in the order of their latitudes."""

    def __init__(self, table: pa.Table) -> None:
        self._latitudes = table["latitude"].to_numpy().astype(np.float64)
        self._longitudes = table["longitude"].to_numpy().astype(np.float64)
        self._populations = table["population"].to_numpy()
        self._names = table["name"]
        self._regions = table["region"].combine_chunks().dictionary_encode()
        self._countries = table["country"].combine_chunks().dictionary_encode()
        # Numbers are quicker to compare than names; -1 where a place has no region.
        self._region_numbers = self._regions.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        self._country_numbers = self._countries.indices.to_numpy(zero_copy_only=False)
        self._radii_km = np.sqrt(self._populations / (np.pi * _DENSITY))

    def names(self, positions: Iterable[tuple[float, float]]) -> list[PlaceNames]:
        """Return the names for latitudes and longitudes in degrees; NOWHERE on the open sea."""
        known: dict[tuple[float, float], PlaceNames] = {}
        found = []
        for latitude, longitude in positions:
            cell = (round(latitude / _STEP_DEGREES), round(longitude / _STEP_DEGREES))
            if cell not in known:
                known[cell] = self._names_at(latitude, longitude)
            found.append(known[cell])
        return found

    def _names_at(self, latitude: float, longitude: float) -> PlaceNames:
        for reach_km in (_CITY_KM, _REGION_KM):
            first, distances = self._around(latitude, longitude, reach_km)
            if distances.size and distances.min() <= reach_km:
                return self._names_near(first, distances, with_city=reach_km == _CITY_KM)
        return NOWHERE

    def _around(self, latitude: float, longitude: float, reach_km: float) -> tuple[int, FloatArray]:
        """Return the first place in a band of latitudes, and the distances in km of all there."""
        margin = reach_km / _KM_PER_DEGREE
        band = [latitude - margin, latitude + margin]
        first, last = np.searchsorted(self._latitudes, band)
        places = slice(first, last)
        distances = _distances_km(
            latitude, longitude, self._latitudes[places], self._longitudes[places]
        )
        return int(first), distances

    def _names_near(self, first: int, distances: FloatArray, *, with_city: bool) -> PlaceNames:
        nearest = first + int(distances.argmin())
        region = self._region_numbers[nearest]
        country = self._country_numbers[nearest]
        region_name = self._regions.dictionary[int(region)].as_py() if region >= 0 else None
        country_name = self._countries.dictionary[int(country)].as_py()
        if not with_city:
            return PlaceNames(None, None, region_name, country_name)
        places = slice(first, first + len(distances))
        # Quarters of a large city are in the list too, but people say the city.
        is_within = (
            (distances <= self._radii_km[places])
            & (self._region_numbers[places] == region)
            & (self._country_numbers[places] == country)
        )
        sizes = np.where(is_within, self._populations[places], -1)
        city = first + int(sizes.argmax()) if is_within.any() else nearest
        city_name, location = self._names[city].as_py(), self._names[nearest].as_py()
        return PlaceNames(
            None if location == city_name else location, city_name, region_name, country_name
        )


def _distances_km(
    latitude: float, longitude: float, latitudes: FloatArray, longitudes: FloatArray
) -> FloatArray:
    """Return the great-circle distances from a point (haversine formula); degrees in, km out."""
    here, there = np.radians(latitude), np.radians(latitudes)
    across = np.radians(longitudes - longitude)
    chord = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(across / 2) ** 2
    distances: FloatArray = 2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return distances


@cache
def gazetteer() -> Gazetteer:
    """Return the places of the world, read once a process: a fifth of a second."""
    with pq.ParquetFile(PLACES) as file:  # read_table would import pandas
        return Gazetteer(file.read())
