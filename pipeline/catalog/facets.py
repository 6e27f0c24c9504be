"""Lists to browse a library by: albums, people, stars and years, each with a number and a cover.

A number is that of the photos that the same filters select with the value in place of their own:
of a view of one person, the list of people has everyone with all of their photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import selected_photos
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


class Facet(NamedTuple):
    """A value that a filter can have."""

    name: str
    value: str  # of the filter
    photos: int
    cover: str  # id of a photo
    newest: datetime | None = None


def read_tag_facets(connection: Connection, filters: Filters, kind: TagKind) -> list[Facet]:
    """Return the albums or the people of photos, the one with the newest photo first.

    The value of a filter is the name behind a "/": from its first level on.
    """
    filters = _with_tag(filters, kind, None)
    f = sa.func
    columns = (tags.c.name, tags.c.folded, f.count(), _COVER, f.max(photos.c.taken_at))
    # Joined before it is asked what holds for each photo: most photos have no such tag.
    statement = selected_photos(connection, filters, *columns)
    statement = statement.join_from(photos, photo_tags, photo_tags.c.photo_id == photos.c.photo_id)
    statement = statement.join(tags, tags.c.tag_id == photo_tags.c.tag_id)
    statement = statement.where(tags.c.kind == kind).group_by(
        tags.c.tag_id, tags.c.name, tags.c.folded
    )
    rows = connection.execute(statement).all()
    unclear = _unclear([row[1] for row in rows])
    found: dict[str, Facet] = {}
    for name, folded, count, cover, newest in rows:
        facet = Facet(name, f"/{name}", count, cover[-_ID_LENGTH:], newest)
        if folded in unclear and folded not in found:
            with_tag = _with_tag(filters, kind, facet.value)
            facet = facet._replace(photos=count_selected(connection, with_tag))
        found.setdefault(folded, facet)
    oldest = datetime.min
    return sorted(found.values(), key=lambda facet: facet.newest or oldest, reverse=True)


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
