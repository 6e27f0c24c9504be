"""The tables and helpers that the conditions of filters are written with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from pipeline.catalog.filters import Filters, GeoCircle, filter_fields
from pipeline.catalog.portable_sql import EARTH_RADIUS_KM, distance_expression, matches_glob
from pipeline.catalog.text import path_text
from schemas.tables import photo_paths, photos, scenes

_T = TypeVar("_T")
_KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180
_COUNTED = 20_000  # rows of a range, to tell which of two is narrower
_TIME_FILTERS = ("after", "before")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes conditions on photos, their best scenes and their paths, for one kind of database."""

    dialect: str
    # Columns with an index, or the same values in a form for which no index is used.
    taken_at: sa.ColumnElement[Any] = photos.c.taken_at
    latitude: sa.ColumnElement[Any] = photos.c.latitude

    @property
    def photos(self) -> Any:  # noqa: ANN401 - the columns as attributes
        """The columns of photos."""
        return photos.c

    @property
    def scenes(self) -> Any:  # noqa: ANN401 - the columns as attributes
        """The columns of the photos' best scenes."""
        return scenes.c

    @property
    def camera(self) -> sa.ColumnElement[str]:
        """Make and model of the camera."""
        make, model = photos.c.camera_make, photos.c.camera_model
        return sa.func.coalesce(make, "") + " " + sa.func.coalesce(model, "")

    def contains(self, column: sa.ColumnElement[Any], part: str) -> sa.ColumnElement[bool]:
        """Return the condition that a text holds another, in any case."""
        return column.icontains(part, autoescape=True)

    def any(self, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Return the condition that one of several holds."""
        return sa.or_(sa.false(), *conditions)

    def all(self, conditions: Iterable[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
        """Return the condition that each of several holds."""
        return sa.and_(sa.true(), *conditions)

    def in_path(self, part: str) -> sa.ColumnElement[bool]:
        """Return the condition that one of the photo's paths holds a text, in any case."""
        return self._on_a_path(self.contains(photo_paths.c.path, path_text(part)))

    def path_matches(self, glob: str) -> sa.ColumnElement[bool]:
        """Return the condition that one of the photo's paths matches a glob."""
        return self._on_a_path(matches_glob(photo_paths.c.path, path_text(glob), self.dialect))

    def _on_a_path(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.exists().where(photo_paths.c.photo_id == photos.c.photo_id, condition)

    def within(self, circle: GeoCircle) -> sa.ColumnElement[bool]:
        """Return the condition of a place: in a box that the index serves, and exactly."""
        distance = distance_expression(
            photos.c.latitude, photos.c.longitude, circle.latitude, circle.longitude, self.dialect
        )
        return sa.and_(*self.box(circle), distance <= circle.radius_km)

    def box(self, circle: GeoCircle) -> list[sa.ColumnElement[bool]]:
        """Return the conditions of the latitudes that a circle spans."""
        reach = circle.radius_km / _KM_PER_DEGREE
        return [
            self.latitude >= circle.latitude - reach,
            self.latitude <= circle.latitude + reach,
        ]


def conditions_of(connection: Connection, filters: Filters) -> list[sa.ColumnElement[bool]]:
    """Return what holds for the photos that `filters` select, but for `where`."""
    return _conditions(_with_narrower_index(connection, filters), filters)


def _conditions(
    q: Conditions, filters: Filters, names: tuple[str, ...] | None = None
) -> list[sa.ColumnElement[bool]]:
    return [
        condition(q, value)
        for field in filter_fields()
        if (names is None or field.name in names)
        and (value := getattr(filters, field.name)) is not None
        and (condition := getattr(field.setting, "condition", None)) is not None
    ]


def _with_narrower_index(connection: Connection, filters: Filters) -> Conditions:
    """Return helpers by which the index of the narrower range is used, of time or of latitude.

    SQLite does not know how many rows a range holds, and would guess.
    """
    q = Conditions(connection.dialect.name)
    times = _conditions(q, filters, _TIME_FILTERS)
    if filters.near is None or not times or q.dialect != "sqlite":
        return q
    if _count_at_most(connection, times) < _count_at_most(connection, q.box(filters.near)):
        return replace(q, latitude=_not_by_index(photos.c.latitude))
    return replace(q, taken_at=_not_by_index(photos.c.taken_at))


def _not_by_index(column: sa.Column[_T]) -> sa.ColumnElement[_T]:
    """Return the same value in a form for which SQLite uses no index."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def _count_at_most(connection: Connection, conditions: list[sa.ColumnElement[bool]]) -> int:
    few = sa.select(sa.literal(1)).select_from(photos).where(*conditions).limit(_COUNTED).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(few)) or 0
