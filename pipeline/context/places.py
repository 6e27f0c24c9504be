"""Names of places for coordinates, offline: the populated places of GeoNames (CC BY 4.0).

The list holds 155,000 places of 1,000 people and more, made by `scripts/make_places.py`. Points are
compared with points: near a border the nearest place may lie on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

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
        self._latitudes = _values(table["latitude"]).astype(np.float64)
        self._longitudes = _values(table["longitude"]).astype(np.float64)
        self._populations = _values(table["population"])
        self._names = table["name"]
        # Numbers are quicker to compare than names.
        self._regions, self._region_numbers = _numbered(table["region"])
        self._countries, self._country_numbers = _numbered(table["country"])
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
        region_name = self._regions[int(region)].as_py() if region >= 0 else None
        country_name = self._countries[int(country)].as_py()
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


def _values(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return a column without nulls, of one chunk. `to_numpy` would import pandas: 47 MB."""
    (array,) = column.chunks
    return np.from_dlpack(array)


def _numbered(column: pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Return the different names of a dictionary column, and each place's number in them or -1."""
    (encoded,) = column.chunks
    has_name, numbers = encoded.indices.buffers()  # a bit and an int32 for each place
    found = np.frombuffer(numbers, np.int32, len(encoded)).copy()
    if has_name is not None:
        bits = np.unpackbits(np.frombuffer(has_name, np.uint8), bitorder="little")
        found[bits[: len(encoded)] == 0] = -1
    return encoded.dictionary, found


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
    # read_table would import pandas; threads would keep memory of their own
    with pq.ParquetFile(PLACES, read_dictionary=["region", "country"]) as file:
        places = Gazetteer(file.read(use_threads=False))
    pa.default_memory_pool().release_unused()
    return places
