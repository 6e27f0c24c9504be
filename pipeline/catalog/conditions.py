"""The tables and helpers that the conditions of filters are written with."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from pipeline.catalog.filter_values import GeoArea, GeoCircle, PhotoList
from pipeline.catalog.folding import matches_name
from pipeline.catalog.path_ranges import is_below
from pipeline.catalog.photo_texts import (
    has_words,
    search_words,
    texts_that_may_have,
    texts_with_words,
    with_words,
)
from pipeline.catalog.portable_sql import (
    EARTH_RADIUS_KM,
    distance_expression,
    distinct_values,
    listed,
    matches_glob,
)
from schemas.context_tables import photo_flags, photo_tags, places, scene_flags, tags
from schemas.path_text import path_text
from schemas.tables import photo_paths, photos, scenes

Key = Literal["photo_id", "row"]  # what identifies a photo in a statement
_KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180
_BY_INDEX_OF = {"taken_at": "time", "latitude": "near", "place_id": "place"}  # else of its name


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes conditions on photos, their best scenes and their paths, for one kind of database."""

    dialect: str
    # Name of the index by which photos are to be found (`Filter.index`); "": by none of them.
    # None leaves it to the database.
    index: str | None = None
    # Whether the first photos in an order are wanted. What holds for few photos, or for many, is
    # asked of each of them then; else it is read once for all.
    is_page: bool = False

    @property
    def photos(self) -> Any:  # noqa: ANN401 - the columns as attributes
        """The columns of photos, without regard to indexes."""
        return photos.c

    @property
    def state(self) -> sa.ColumnElement[Any]:
        """The state of a photo. Most photos are in one: its index counts where no other does."""
        return self.not_by_index(photos.c.state) if self.index else photos.c.state

    @property
    def taken_at(self) -> sa.ColumnElement[Any]:
        """When a photo was taken."""
        return self.column("taken_at")

    def column(self, name: str) -> sa.ColumnElement[Any]:
        """Return a column of photos that has an index, so that it is used only if it is to be."""
        column = photos.c[name]
        return column if self._by(_BY_INDEX_OF.get(name, name)) else self.not_by_index(column)

    def at_least(self, name: str, value: float) -> sa.ColumnElement[bool]:
        """Return the condition that a column of photos has a value or a larger one."""
        return self._found_by(name, self.column(name) >= value)

    def is_true(self, name: str, wanted: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a column is true, or that it is not."""
        if not wanted:
            return photos.c[name].is_not(True)
        return self._found_by(name, self.column(name).is_(True))

    def contains(self, column: sa.ColumnElement[Any], part: str) -> sa.ColumnElement[bool]:
        """Return the condition that a text holds another, in any case."""
        return column.icontains(part, autoescape=True)

    def all(self, conditions: Iterable[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
        """Return the condition that each of several holds."""
        return sa.and_(sa.true(), *conditions)

    def of_camera(self, part: str) -> sa.ColumnElement[bool]:
        """Return the condition that make and model of the camera hold a text, in any case."""
        make, model = photos.c.camera_make, photos.c.camera_model
        if " " in part:
            both = sa.func.coalesce(make, "") + " " + sa.func.coalesce(model, "")
            return self.contains(both, part)
        return self._with_value("camera", part, make, model)

    def of_lens(self, part: str) -> sa.ColumnElement[bool]:
        """Return the condition that the name of the lens holds a text, in any case."""
        return self._with_value("lens", part, photos.c.lens_model)

    def path_matches(self, glob: str) -> sa.ColumnElement[bool]:
        """Return the condition that one of the photo's paths matches a glob."""
        glob = path_text(glob.replace("/", os.sep))  # paths are stored as the system writes them
        matches = matches_glob(photo_paths.c.path, glob, self.dialect)
        return photos.c.photo_id.in_(sa.select(photo_paths.c.photo_id).where(matches))

    def in_folder(self, folder: str) -> sa.ColumnElement[bool]:
        """Return the condition that one of the photo's files is below a folder."""
        return photos.c.photo_id.in_(self.with_file_in(folder))

    def with_file_in(self, folder: str) -> sa.Select[tuple[str]]:
        """Return the ids of the photos that have a file below a folder."""
        below = is_below(os.path.normpath(folder), self.dialect)
        return sa.select(photo_paths.c.photo_id).where(below, photo_paths.c.missing_at.is_(None))

    def is_listed(self, listing: PhotoList) -> sa.ColumnElement[bool]:
        """Return the condition that a list has the photo's id or one of its paths."""
        return photos.c.photo_id.in_(self.listed(listing))

    def listed(self, listing: PhotoList) -> sa.Select[tuple[str]]:
        """Return the ids of the photos of a list."""
        by_id = listed(listing.ids, self.dialect)
        by_path = sa.select(photo_paths.c.photo_id).where(
            photo_paths.c.path.in_(listed(listing.paths, self.dialect))
        )
        found = sa.union_all(by_path, by_id).subquery()
        return sa.select(found.c.photo_id)

    def has_words(self, text: str) -> sa.ColumnElement[bool]:
        """Return the condition that what is known of a photo has each word of a text."""
        words = search_words(text)
        if not words:
            return self.all(())
        if self._by("text") or self.dialect != "sqlite":
            return photos.c.photo_id.in_(with_words(words, self.dialect))
        if self.is_page or self.index:
            return has_words(words, self.dialect)
        return photos.c.text_id.in_(texts_with_words(words, self.dialect))

    def with_text(self, text: str) -> sa.Select[tuple[int]]:
        """Return at least the rows of the texts that have these words, to count them."""
        return texts_that_may_have(search_words(text), self.dialect)

    def has_tag(self, kind: str, pattern: str) -> sa.ColumnElement[bool]:
        """Return the condition that a photo has a tag of a `TagKind` whose name matches."""
        if self._by(kind):
            return photos.c.photo_id.in_(self.tagged(kind, pattern))
        return self._has_one_of(self._tags(kind, pattern))

    def tagged(self, kind: str, pattern: str) -> sa.Select[tuple[str]]:
        """Return the ids of the photos that have such a tag."""
        tag_id = photo_tags.c.tag_id
        return sa.select(photo_tags.c.photo_id).where(tag_id.in_(self._tags(kind, pattern)))

    def in_place(self, pattern: str) -> sa.ColumnElement[bool]:
        """Return the condition that a photo is from a place with a matching name."""
        matching = sa.select(places.c.place_id).where(
            matches_name(places.c.folded, pattern, self.dialect)
        )
        return self.column("place_id").in_(matching)

    def has_flag(self, flag: str) -> sa.ColumnElement[bool]:
        """Return the condition that a photo or its best scene has a flag."""
        holds = self._has_one_of_flags([flag.casefold()])
        if not self._by("flag"):
            return holds
        return sa.and_(photos.c.photo_id.in_(self.flagged(flag)), holds)

    def has_a_flag(self, flags: Collection[str], *, wanted: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a photo or its best scene has one of some flags, or none."""
        if self.is_page and not wanted:
            return sa.not_(self._has_one_of_flags([str(flag) for flag in flags]))
        # Not correlated: it is read once for all photos.
        with_flag = sa.union_all(*self.of_a_flag(flags, "row")).subquery()
        holds = self.key(photos, "row").in_(sa.select(*with_flag.c))
        return holds if wanted else sa.not_(holds)

    def of_a_flag(self, flags: Collection[str], key: Key) -> list[sa.Select[Any]]:
        """Return the photos that have one of some flags, and those whose best scene has one."""
        names = [str(flag) for flag in flags]
        made, best = scenes.alias(), photos.alias()
        of_scenes = (
            sa.select(self.key(best, key))
            .join(made, made.c.photo_id == best.c.photo_id)
            .join(scene_flags, scene_flags.c.scene_id == made.c.scene_id)
            .where(scene_flags.c.flag.in_(names), best.c.scene_id == made.c.scene_id)
        )
        return [self._flagged_photos(names, key), of_scenes]

    def _has_one_of_flags(self, flags: list[str]) -> sa.ColumnElement[bool]:
        is_of_photo = photo_flags.c.photo_id == photos.c.photo_id
        is_of_best = scene_flags.c.scene_id == photos.c.scene_id
        return sa.or_(
            sa.exists().where(photo_flags.c.flag.in_(flags), is_of_photo),
            sa.exists().where(scene_flags.c.flag.in_(flags), is_of_best),
        )

    def _flagged_photos(self, flags: list[str], key: Key) -> sa.Select[Any]:
        is_one, photo_id = photo_flags.c.flag.in_(flags), photo_flags.c.photo_id
        if key == "photo_id":
            return sa.select(photo_id).where(is_one)
        flagged = photos.alias()
        found = sa.select(self.key(flagged, key)).join(photo_flags, photo_id == flagged.c.photo_id)
        return found.where(is_one)

    def key(self, table: sa.FromClause, name: Key) -> sa.ColumnElement[Any]:
        """Return what identifies a row of photos: "photo_id", or "row" for the fastest.

        The numbers of rows are in each index of SQLite, and are compared faster than ids.
        """
        if name == "photo_id" or self.dialect != "sqlite":
            return table.c.photo_id
        return sa.column("rowid", sa.Integer, _selectable=table)

    def is_first_of_group(self) -> sa.ColumnElement[bool]:
        """Return the condition that a photo stands for its group, or is in none.

        Of the photos that have a scene, if any has, it is the one of the first rank. One that is
        hidden or in the trash stands for others of its kind alone.
        """
        other = photos.alias()
        has_scene, other_has = photos.c.scene_id.is_not(None), other.c.scene_id.is_not(None)
        comes_before = sa.or_(
            sa.and_(other_has, sa.not_(has_scene)),
            sa.and_(other_has == has_scene, other.c.group_rank < photos.c.group_rank),
        )
        alike = (
            sa.func.coalesce(other.c[name], sa.false())
            == sa.func.coalesce(photos.c[name], sa.false())
            for name in ("hidden", "trashed")
        )
        of_group = sa.exists().where(other.c.group_id == photos.c.group_id, comes_before, *alike)
        return sa.or_(photos.c.group_id.is_(None), sa.not_(of_group))

    def flagged(self, flag: str) -> sa.Select[tuple[str]]:
        """Return the ids of the photos of which one of the scenes, or the photo, has a flag."""
        name = flag.casefold()
        of_photo = sa.select(photo_flags.c.photo_id).where(photo_flags.c.flag == name)
        of_scene = (
            sa.select(scenes.c.photo_id)
            .join(scene_flags, scene_flags.c.scene_id == scenes.c.scene_id)
            .where(scene_flags.c.flag == name)
        )
        found = sa.union_all(of_photo, of_scene).subquery()
        return sa.select(found.c.photo_id)

    def of_scene(self, name: str, value: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column of the best scene has a value."""
        best = scenes.alias()
        holds = sa.exists().where(
            best.c.scene_id == photos.c.scene_id, self.not_by_index(best.c[name]) == value
        )
        if not self._by(name):
            return holds
        return sa.and_(photos.c.photo_id.in_(self.with_scene(name, value)), holds)

    def with_scene(self, name: str, value: str) -> sa.Select[tuple[str]]:
        """Return the ids of the photos of which one of the scenes has a value in a column."""
        return sa.select(scenes.c.photo_id).where(scenes.c[name] == value)

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

    def in_area(self, area: GeoArea) -> sa.ColumnElement[bool]:
        """Return the condition of a place in an area."""
        longitude = photos.c.longitude
        east = longitude <= area.east if area.east == 180 else longitude < area.east
        return sa.and_(self.between_parallels(area), longitude >= area.west, east)

    def between_parallels(self, area: GeoArea) -> sa.ColumnElement[bool]:
        """Return the condition of the latitudes of an area."""
        latitude = self.column("latitude")
        north = latitude <= area.north if area.north == 90 else latitude < area.north
        return sa.and_(latitude >= area.south, north)

    def _tags(self, kind: str, pattern: str) -> sa.Select[tuple[int]]:
        matches = matches_name(tags.c.folded, pattern, self.dialect)
        return sa.select(tags.c.tag_id).where(matches, tags.c.kind == kind)

    def _with_value(
        self, index: str, part: str, *columns: sa.Column[Any]
    ) -> sa.ColumnElement[bool]:
        """Return the condition that one of some columns has a value that holds a text.

        The columns have few values, which their indexes find.
        """
        found = []
        for column in columns:
            values = distinct_values(column)
            matching = sa.select(values.c.value).where(self.contains(values.c.value, part))
            used = column if self._by(index) else self.not_by_index(column)
            found.append(used.in_(matching))
        return sa.or_(*found)

    def _has_one_of(self, matching: sa.Select[tuple[int]]) -> sa.ColumnElement[bool]:
        # A photo has few tags: those are compared, and not each of many that match looked up.
        return sa.exists().where(
            photo_tags.c.photo_id == photos.c.photo_id,
            self.not_by_index(photo_tags.c.tag_id).in_(matching),
        )

    def _found_by(self, name: str, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Return a condition that few photos meet, if it is the one to find them by.

        SQLite would guess that a quarter of them do, and read all in the order of their time.
        """
        if self.index != name or self.dialect != "sqlite":
            return condition
        rare: sa.ColumnElement[bool] = sa.func.likelihood(condition, sa.literal_column("0.0001"))
        return rare

    def _by(self, index: str) -> bool:
        return self.index is None or self.index == index

    def not_by_index(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Return the same value in a form for which SQLite uses no index."""
        if self.dialect != "sqlite":
            return column
        return UnaryExpression(column, operator=custom_op("+"), type_=column.type)
