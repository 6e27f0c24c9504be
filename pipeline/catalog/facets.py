"""Lists to browse a library by: albums, people, stars and years, each with a number and a cover.

A number is that of the photos that the same filters select with the value in place of their own:
of a view of one person, the list of people has everyone with all of their photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import selected_photos
from pipeline.catalog.selection import conditions_of, left_out_by_usual
from pipeline.catalog.timeline import count_selected
from schemas.context import TagKind
from schemas.context_tables import photo_tags, tags
from schemas.tables import photos

_WILDCARDS = frozenset("*?")
MOST_STARS = 5
# The best scene is the cover: text of one length, so that the largest one has the best score.
_SCORE = sa.cast(1000 + 1000 * sa.func.coalesce(photos.c.score, 0), sa.Integer)
_COVER = sa.func.max(sa.cast(_SCORE, sa.String) + photos.c.photo_id)
_ID_LENGTH = 32
# How many photos are read: of all albums or people together, but some of each, and the latest.
_MOST_SEEN, _LEAST_SEEN, _LATEST_SEEN = 6_000, 3, 2_000


# The condition that a photo is selected, from the column of another table with its id.
_Selection = Callable[[sa.ColumnElement[str]], sa.ColumnElement[bool]]


class Facet(NamedTuple):
    """A value that a filter can have."""

    name: str
    value: str  # of the filter
    photos: int
    cover: str  # id of a photo
    newest: datetime | None = None


def read_tag_facets(connection: Connection, filters: Filters, kind: TagKind) -> list[Facet]:
    """Return the albums or the people of photos, the one with the newest photo first.

    The value of a filter is the name behind a "/": from its first level on. To find the newest and
    the best photo of each would be to read all photos with a tag. So the newest is one of the
    latest photos of all, or else, as the cover, one of some of the tag, which may be all.
    """
    filters = _with_tag(filters, kind, None)
    is_selected = _selection(connection, filters)
    columns = (tags.c.tag_id, tags.c.name, tags.c.folded)
    statement = sa.select(*columns, sa.func.count().label("photos")).join(photo_tags)
    statement = statement.where(tags.c.kind == kind, is_selected(photo_tags.c.photo_id))
    statement = statement.group_by(*columns)
    rows = connection.execute(statement).all()
    looks = _looks_at(connection, filters, is_selected, kind, len(rows))
    unclear = _unclear([row.folded for row in rows])
    found: dict[str, Facet] = {}
    for row in rows:
        if row.tag_id not in looks:  # a run has just taken it from its last photo
            continue
        newest, cover = looks[row.tag_id]
        facet = Facet(row.name, f"/{row.name}", row.photos, cover[-_ID_LENGTH:], newest)
        if row.folded in unclear and row.folded not in found:
            with_tag = _with_tag(filters, kind, facet.value)
            facet = facet._replace(photos=count_selected(connection, with_tag))
        found.setdefault(row.folded, facet)
    oldest = datetime.min
    return sorted(found.values(), key=lambda facet: facet.newest or oldest, reverse=True)


def _selection(connection: Connection, filters: Filters) -> _Selection:
    """Return what makes the condition that filters select the photo with an id in another table.

    The rows of that table are found by their tags: to look for each photo of each tag would take
    minutes.
    """
    q = Conditions(connection.dialect.name)
    others = left_out_by_usual(connection, filters)
    if others is not None:
        return lambda photo_id: q.not_by_index(photo_id).not_in(others)
    selected = selected_photos(connection, filters, photos.c.photo_id)
    return lambda photo_id: q.not_by_index(photo_id).in_(selected)


def _looks_at(
    connection: Connection, filters: Filters, is_selected: _Selection, kind: TagKind, number: int
) -> dict[int, tuple[datetime | None, str]]:
    """Return the time of the newest photo and the best photo, as of `_COVER`, of each tag."""
    of_kind, f = tags.c.kind == kind, sa.func
    some, newest = photo_tags.alias(), f.max(photos.c.taken_at)
    is_of_tag = some.c.tag_id == tags.c.tag_id
    ids = sa.select(some.c.photo_id).where(is_of_tag, is_selected(some.c.photo_id))
    ids = ids.order_by(some.c.photo_id).limit(max(_LEAST_SEEN, _MOST_SEEN // max(number, 1)))
    tagged = tags.join(photos, photos.c.photo_id.in_(ids.correlate(tags)))
    statement = sa.select(tags.c.tag_id, newest, _COVER).select_from(tagged).where(of_kind)
    rows = connection.execute(statement.group_by(tags.c.tag_id))
    looks = {tag_id: (time, cover) for tag_id, time, cover in rows}
    last = _latest(connection, filters).subquery()
    tagged = last.join(photo_tags, photo_tags.c.photo_id == last.c.photo_id).join(tags)
    times = sa.select(tags.c.tag_id, f.max(last.c.taken_at)).select_from(tagged).where(of_kind)
    for tag_id, time in connection.execute(times.group_by(tags.c.tag_id)):
        if tag_id in looks:  # else a run has just given it to its first photo
            looks[tag_id] = (time, looks[tag_id][1])
    return looks


def _latest(connection: Connection, filters: Filters) -> sa.Select[tuple[str, datetime]]:
    """Return the last photos by their time, with it."""
    columns = sa.select(photos.c.photo_id, photos.c.taken_at)
    conditions = conditions_of(connection, filters, is_page=True)
    dated = columns.where(*conditions, photos.c.taken_at.is_not(None))
    return dated.order_by(photos.c.taken_at.desc()).limit(_LATEST_SEEN)


def _with_tag(filters: Filters, kind: TagKind, value: str | None) -> Filters:
    if kind is TagKind.PERSON:
        return replace(filters, person=value)
    return replace(filters, album=value)


def _unclear(folded: list[str]) -> set[str]:
    """Return the names whose filter selects photos of other names too.

    These are the names that occur with other accents, that others are below, or that read as a
    pattern.
    """
    times = Counter(folded)
    above = {level for name in folded for level in _levels_above(name)}
    return {
        name
        for name in folded
        if times[name] > 1 or name in above or _WILDCARDS & set(name) or name != name.strip("/")
    }


def _levels_above(name: str) -> Iterable[str]:
    at = name.find("/")
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)


def read_rating_facets(connection: Connection, filters: Filters) -> list[Facet]:
    """Return how many photos have so many stars or more, the most stars first."""
    columns = (photos.c.rating, sa.func.count(), _COVER)
    statement = selected_photos(connection, replace(filters, rating=None), *columns)
    rows = connection.execute(statement.where(photos.c.rating > 0).group_by(photos.c.rating)).all()
    of_stars = {row[0]: row for row in rows}
    found: list[Facet] = []
    total = 0
    for stars in range(MOST_STARS, 0, -1):
        row = of_stars.get(stars)
        if row is not None:
            total += row[1]
            found.append(Facet(str(stars), str(stars), total, row[2][-_ID_LENGTH:]))
    return found


def read_favorites(connection: Connection, filters: Filters) -> Facet | None:
    """Return the favorites; None if there are none."""
    columns: tuple[Any, ...] = (sa.func.count(), _COVER)
    wanted = replace(filters, favorite=True)
    count, cover = connection.execute(selected_photos(connection, wanted, *columns)).one()
    return Facet("", "true", count, cover[-_ID_LENGTH:]) if count else None


def read_year_facets(connection: Connection, filters: Filters) -> list[Facet]:
    """Return the years with scored scenes, the last one first; the cover is the best of each."""
    year = sa.func.substr(sa.cast(photos.c.taken_at, sa.String), 1, 4).label("year")
    of_all_years = replace(filters, after=None, before=None)
    statement = selected_photos(connection, of_all_years, year, sa.func.count(), _COVER)
    statement = statement.where(photos.c.score.is_not(None), photos.c.taken_at.is_not(None))
    rows = connection.execute(statement.group_by(year).order_by(year.desc()))
    return [Facet(name, name, count, cover[-_ID_LENGTH:]) for name, count, cover in rows]
