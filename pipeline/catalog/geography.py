"""Where photos were taken: clusters for a map, and named places, with the numbers of photos.

Filters select as in a query, except `where`, `order` and `limit`. A number is that of the photos
that the same filters select with the area or the place added.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
from pipeline.catalog.counts import count_by
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


def read_bounds(connection: Connection, filters: Filters) -> Bounds | None:
    """Return where the selected photos were taken; None if none of them has a position."""
    latitude, longitude = photos.c.latitude, photos.c.longitude
    f = sa.func
    ends = (f.min(latitude), f.min(longitude), f.max(latitude), f.max(longitude), f.count())
    statement = selected_photos(connection, filters, *ends)
    row = connection.execute(statement.where(latitude.is_not(None), longitude.is_not(None))).one()
    return Bounds(GeoArea(*row[:4]), row[4]) if row[4] else None


def read_clusters(connection: Connection, filters: Filters, seen: GeoArea) -> list[Cluster]:
    """Return the clusters in a part of the map, the largest first. Cells may reach beyond it."""
    size = _cell_size(seen)
    around = GeoArea(
        *(max(-90.0, _floor(seen.south, size)), max(-180.0, _floor(seen.west, size))),
        *(min(90.0, _floor(seen.north, size) + size), min(180.0, _floor(seen.east, size) + size)),
    )
    latitude, longitude = photos.c.latitude, photos.c.longitude
    dialect = connection.dialect.name
    row = _number(latitude, 90.0, size, dialect).label("row")
    column = _number(longitude, 180.0, size, dialect).label("col")
    f = sa.func
    sums = (f.sum(latitude), f.sum(longitude), f.count())
    statement = (
        selected_photos(connection, filters, row, column, photos.c.place_id, *sums)
        .where(Conditions(dialect, "").in_area(around))
        .group_by(row, column, photos.c.place_id)
    )
    cells: defaultdict[tuple[int, int], Counter[int | None]] = defaultdict(Counter)
    means: defaultdict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for found in connection.execute(statement):
        cell = (int(found[0]), int(found[1]))
        cells[cell][found[2]] += found[5]
        means[cell][0] += found[3]
        means[cell][1] += found[4]
    most = {cell: counts.most_common(1)[0][0] for cell, counts in cells.items()}
    names = _names_of(connection, {place_id for place_id in most.values() if place_id is not None})
    clusters = [
        Cluster(
            means[cell][0] / counts.total(),
            means[cell][1] / counts.total(),
            counts.total(),
            _area(cell, size),
            names.get(most[cell] or 0),
        )
        for cell, counts in cells.items()
    ]
    return sorted(clusters, key=lambda cluster: -cluster.photos)


def read_named_places(
    connection: Connection, filters: Filters, inside: str = ""
) -> list[NamedPlace]:
    """Return countries, or what is in a place one level below it, the most frequent first.

    `inside` is a place as the filter `place` names it, from its country on.
    """
    levels = [name for name in inside.split("/") if name]
    columns = [places.c[name] for name in reversed(PlaceNames._fields)]
    place_id = photos.c.place_id
    photos_at = count_by(connection, filters, place_id, [place_id.is_not(None)])
    counts: Counter[tuple[str, ...]] = Counter()
    for row in connection.execute(sa.select(places.c.place_id, *columns)):
        names = tuple(name.replace("/", " ") for name in row[1:] if name)
        if len(names) > len(levels) and photos_at[row[0]]:
            counts[names[: len(levels) + 1]] += photos_at[row[0]]
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
    return sa.func.least(sa.func.floor(number), last)


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
