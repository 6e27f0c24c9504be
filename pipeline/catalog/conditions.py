"""The tables and helpers that the conditions of filters are written with."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from pipeline.catalog.filter_values import GeoCircle
from pipeline.catalog.folding import folded, matches_name
from pipeline.catalog.portable_sql import EARTH_RADIUS_KM, distance_expression, matches_glob
from pipeline.catalog.text import path_text
from schemas.context_tables import photo_flags, photo_tags, places, scene_flags, tags
from schemas.tables import photo_paths, photos, scenes

_KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180
_BY_INDEX_OF = {"taken_at": "time", "latitude": "near", "place_id": "place"}  # else of its name


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes conditions on photos, their best scenes and their paths, for one kind of database."""

    dialect: str
    # Name of the index by which photos are to be found (`Filter.index`); "": by none of them.
    # None leaves it to the database.
    index: str | None = None

    @property
    def photos(self) -> Any:  # noqa: ANN401 - the columns as attributes
        """The columns of photos, without regard to indexes."""
        return photos.c

    @property
    def taken_at(self) -> sa.ColumnElement[Any]:
        """When a photo was taken."""
        return self.column("taken_at")

    @property
    def camera(self) -> sa.ColumnElement[str]:
        """Make and model of the camera."""
        make, model = photos.c.camera_make, photos.c.camera_model
        return sa.func.coalesce(make, "") + " " + sa.func.coalesce(model, "")

    @property
    def texts(self) -> tuple[sa.ColumnElement[str], ...]:
        """What is written of a photo."""
        return (photos.c.lens_model, photos.c.title, photos.c.caption)

    def column(self, name: str) -> sa.ColumnElement[Any]:
        """Return a column of photos that has an index, so that it is used only if it is to be."""
        column = photos.c[name]
        return column if self._by(_BY_INDEX_OF.get(name, name)) else _not_by_index(column)

    def is_true(self, name: str, wanted: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a column is true, or that it is not."""
        return self.column(name).is_(True) if wanted else photos.c[name].is_not(True)

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

    def has_tag(self, kind: str, pattern: str) -> sa.ColumnElement[bool]:
        """Return the condition that a photo has a tag of a `TagKind` whose name matches."""
        matching = sa.select(tags.c.tag_id).where(
            tags.c.kind == kind, matches_name(tags.c.folded, pattern, self.dialect)
        )
        return self._is_among(
            kind, sa.select(photo_tags.c.photo_id).where(photo_tags.c.tag_id.in_(matching))
        )

    def has_any_tag(self, part: str) -> sa.ColumnElement[bool]:
        """Return the condition that the name of one of a photo's tags holds a text."""
        matching = sa.select(tags.c.tag_id).where(tags.c.folded.contains(folded(part)))
        return sa.exists().where(
            photo_tags.c.photo_id == photos.c.photo_id, photo_tags.c.tag_id.in_(matching)
        )

    def in_place(self, pattern: str) -> sa.ColumnElement[bool]:
        """Return the condition that a photo is from a place with a matching name."""
        matching = sa.select(places.c.place_id).where(
            matches_name(places.c.folded, pattern, self.dialect)
        )
        return self.column("place_id").in_(matching)

    def has_flag(self, flag: str) -> sa.ColumnElement[bool]:
        """Return the condition that a photo or its best scene has a flag."""
        name = flag.casefold()
        of_photo = sa.select(photo_flags.c.photo_id).where(photo_flags.c.flag == name)
        of_scene = (
            sa.select(scenes.c.photo_id)
            .join(scene_flags, scene_flags.c.scene_id == scenes.c.scene_id)
            .where(scene_flags.c.flag == name)
        )
        is_of_best = sa.exists().where(
            scene_flags.c.flag == name, scene_flags.c.scene_id == photos.c.scene_id
        )
        is_of_photo = sa.exists().where(
            photo_flags.c.flag == name, photo_flags.c.photo_id == photos.c.photo_id
        )
        holds = sa.or_(is_of_photo, is_of_best)
        if not self._by("flag"):
            return holds
        among = sa.union_all(of_photo, of_scene).subquery()
        return sa.and_(photos.c.photo_id.in_(sa.select(among.c.photo_id)), holds)

    def has_a_flag(self, flags: Collection[str], *, wanted: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a photo or its best scene has one of some flags, or none."""
        names = [str(flag) for flag in flags]
        # Neither is correlated: each is read once for all photos, and by photo_id alone, which the
        # indexes of the usual orders hold.
        of_photo = sa.select(photo_flags.c.photo_id).where(photo_flags.c.flag.in_(names))
        made, best = scenes.alias(), photos.alias()
        of_scene = (
            sa.select(best.c.photo_id)
            .join(made, made.c.photo_id == best.c.photo_id)
            .join(scene_flags, scene_flags.c.scene_id == made.c.scene_id)
            .where(scene_flags.c.flag.in_(names), best.c.scene_id == made.c.scene_id)
        )
        holds = sa.or_(photos.c.photo_id.in_(of_photo), photos.c.photo_id.in_(of_scene))
        return holds if wanted else sa.not_(holds)

    def is_first_of_group(self) -> sa.ColumnElement[bool]:
        """Return the condition that a photo stands for its group, or is in none.

        Of the photos that have a scene, if any has, it is the one of the first rank.
        """
        other = photos.alias()
        has_scene, other_has = photos.c.scene_id.is_not(None), other.c.scene_id.is_not(None)
        comes_before = sa.or_(
            sa.and_(other_has, sa.not_(has_scene)),
            sa.and_(other_has == has_scene, other.c.group_rank < photos.c.group_rank),
        )
        of_group = sa.exists().where(other.c.group_id == photos.c.group_id, comes_before)
        return sa.or_(photos.c.group_id.is_(None), sa.not_(of_group))

    def of_scene(self, name: str, value: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column of the best scene has a value."""
        holds = _not_by_index(scenes.c[name]) == value
        if not self._by(name):
            return holds
        other = scenes.alias()
        among = sa.select(other.c.photo_id).where(other.c[name] == value)
        return sa.and_(photos.c.photo_id.in_(among), holds)

    def within(self, circle: GeoCircle) -> sa.ColumnElement[bool]:
        """Return the condition of a place: in a box that the index serves, and exactly."""
        distance = distance_expression(
            photos.c.latitude, photos.c.longitude, circle.latitude, circle.longitude, self.dialect
        )
        return sa.and_(self.box(circle), distance <= circle.radius_km)

    def box(self, circle: GeoCircle) -> sa.ColumnElement[bool]:
        """Return the condition of the latitudes that a circle spans."""
        reach, latitude = circle.radius_km / _KM_PER_DEGREE, self.column("latitude")
        return sa.and_(latitude >= circle.latitude - reach, latitude <= circle.latitude + reach)

    def _on_a_path(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.exists().where(photo_paths.c.photo_id == photos.c.photo_id, condition)

    def _is_among(self, index: str, ids: sa.Select[tuple[str]]) -> sa.ColumnElement[bool]:
        """Return the condition that a photo is among others, found by their ids or by its own."""
        if self._by(index):
            return photos.c.photo_id.in_(ids)
        (photo_id,) = ids.selected_columns
        return ids.where(photo_id == photos.c.photo_id).correlate(photos).exists()

    def _by(self, index: str) -> bool:
        return self.index is None or self.index == index


def _not_by_index(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return the same value in a form for which SQLite uses no index."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)
