"""Where photos were taken: clusters for a map, and named places, with the numbers of photos.

Filters select as in a query, except `where`, `order` and `limit`. A number is that of the photos
that the same filters select with the area or the place added.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
from pipeline.catalog.filter_values import GeoArea
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import selected_photos
from schemas.context import PlaceNames
from schemas.context_tables import places
from schemas.tables import photos

WORLD = GeoArea(-90.0, -180.0, 90.0, 180.0)
# Sides of cells are 45 degrees, halved again and again: exact as floating-point numbers.
_LARGEST_CELL = 45.0
_SMALLEST_CELL = _LARGEST_CELL / 2**14  # 300 m
_CELLS_ACROSS = 24  # of the width of a map, at least half of that
# More than there are numbers of places, which begin with 1. There are 2**33 cells at most, and both
# numbers together fit 63 bits.
_PLACES, _NO_PLACE = 2**29, 0


class Cluster(NamedTuple):
    """Photos in one cell of a map: their mean place in degrees, and where most of them are."""

    latitude: float
    longitude: float
    photos: int
    area: GeoArea  # the cell
    place: str | None


class NamedPlace(NamedTuple):
    """A country, region, city or spot, with the names of the places that it is in."""

    names: tuple[str, ...]  # the largest first
    photos: int


class Bounds(NamedTuple):
    """The least area with all positions, and the number of photos that have one."""

    area: GeoArea
    photos: int


class Places(NamedTuple):
    """Where photos were taken."""

    bounds: Bounds | None  # None if none of them has a position
    # Countries, or what is one level below a place; the most frequent first.
    named: list[NamedPlace]


def read_clusters(connection: Connection, filters: Filters, seen: GeoArea) -> list[Cluster]:
    """Return the clusters in a part of the map, the largest first. Cells may reach beyond it."""
    size = _cell_size(seen)
    around = GeoArea(
        *(max(-90.0, _floor(seen.south, size)), max(-180.0, _floor(seen.west, size))),
        *(min(90.0, _floor(seen.north, size) + size), min(180.0, _floor(seen.east, size) + size)),
    )
    latitude, longitude = photos.c.latitude, photos.c.longitude
    dialect = connection.dialect.name
    row, column = _number(latitude, 90.0, size, dialect), _number(longitude, 180.0, size, dialect)
    # One number: SQLite sorts by it in half of the time that it takes for three.
    cell_and_place = (row * _columns(size) + column) * _PLACES + sa.func.coalesce(
        photos.c.place_id, _NO_PLACE
    )
    f = sa.func
    sums = (f.count(), f.sum(latitude), f.sum(longitude))
    statement = (
        selected_photos(connection, filters, cell_and_place.label("key"), *sums)
        .where(Conditions(dialect, "").in_area(around))
        .group_by("key")
        .order_by("key")
    )
    rows = connection.execute(statement).all()
    cells = {cell: list(of_cell) for cell, of_cell in groupby(rows, lambda row: row[0] // _PLACES)}
    most = {cell: max(of_cell, key=itemgetter(1))[0] % _PLACES for cell, of_cell in cells.items()}
    names = _names_of(connection, set(most.values()))
    clusters = []
    for cell, of_cell in cells.items():
        _, counts, latitudes, longitudes = zip(*of_cell, strict=True)
        count = sum(counts)
        middle = (sum(latitudes) / count, sum(longitudes) / count)
        area = _area(divmod(cell, _columns(size)), size)
        clusters.append(Cluster(*middle, count, area, names.get(most[cell])))
    return sorted(clusters, key=lambda cluster: -cluster.photos)


def read_places(connection: Connection, filters: Filters, inside: str = "") -> Places:
    """Return where the selected photos were taken. They are read once.

    `inside` is a place as the filter `place` names it, from its country on.
    """
    latitude, longitude, f = photos.c.latitude, photos.c.longitude, sa.func
    ends = (f.min(latitude), f.min(longitude), f.max(latitude), f.max(longitude))
    numbers = (f.count(), f.count(latitude + longitude))
    statement = selected_photos(connection, filters, photos.c.place_id, *numbers, *ends)
    rows = connection.execute(statement.group_by(photos.c.place_id)).all()
    photos_at = {row[0]: row[1] for row in rows if row[0] is not None}
    named = _named_places(connection, photos_at, [name for name in inside.split("/") if name])
    positions = [row[2:] for row in rows if row[2]]
    if not positions:
        return Places(None, named)
    counts, south, west, north, east = zip(*positions, strict=True)
    return Places(Bounds(GeoArea(min(south), min(west), max(north), max(east)), sum(counts)), named)


def _named_places(
    connection: Connection, photos_at: Mapping[int, int], levels: Sequence[str]
) -> list[NamedPlace]:
    """Return the places one level below `levels`, the most frequent first."""
    columns = [places.c[name] for name in reversed(PlaceNames._fields)]
    counts: Counter[tuple[str, ...]] = Counter()
    for place_id, *parts in connection.execute(sa.select(places.c.place_id, *columns)):
        names = tuple(name.replace("/", " ") for name in parts if name)
        if len(names) > len(levels) and place_id in photos_at:
            counts[names[: len(levels) + 1]] += photos_at[place_id]
    return [NamedPlace(*found) for found in sorted(counts.items(), key=lambda one: -one[1])]


def _cell_size(seen: GeoArea) -> float:
    """Return the side of cells, in degrees, of which a map of this area has enough."""
    width = max(seen.east - seen.west, 2 * (seen.north - seen.south))
    halvings = math.ceil(math.log2(_LARGEST_CELL * _CELLS_ACROSS / 2 / width))
    return min(_LARGEST_CELL, max(_SMALLEST_CELL, _LARGEST_CELL / 2.0**halvings))


def _floor(value: float, size: float) -> float:
    cells: int = math.floor(value / size)
    return cells * size


def _number(
    column: sa.Column[float], start: float, size: float, dialect: str
) -> sa.ColumnElement[int]:
    """Return the number of the cell that a coordinate is in; `start` is that of the first."""
    number = (column + start) / size
    last = int(2 * start / size) - 1  # also for the pole and for 180 degrees
    if dialect == "sqlite":  # a cast cuts off; floor() is not in every build
        return sa.func.min(sa.cast(number, sa.Integer), last)
    return sa.cast(sa.func.least(sa.func.floor(number), last), sa.BigInteger)


def _columns(size: float) -> int:
    """Return how many cells there are on a parallel."""
    return int(2 * WORLD.east / size)


def _area(cell: tuple[int, int], size: float) -> GeoArea:
    south, west = cell[0] * size - 90.0, cell[1] * size - 180.0
    return GeoArea(south, west, south + size, west + size)


def _names_of(connection: Connection, place_ids: set[int]) -> dict[int, str]:
    """Return the smallest name of places."""
    columns = [places.c[name] for name in PlaceNames._fields]
    rows = connection.execute(
        sa.select(places.c.place_id, *columns).where(places.c.place_id.in_(sorted(place_ids)))
    )
    named = ((row[0], next((name for name in row[2:] if name), row[1])) for row in rows)
    return {place_id: name for place_id, name in named if name}
