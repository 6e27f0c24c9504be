"""Lists to browse a library by: albums, people, stars and years, each with a number and a cover.

A number is that of the photos that the same filters select with the value in place of their own:
of a view of one person, the list of people has everyone with all of their photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions
from pipeline.catalog.counts import count_selected
from pipeline.catalog.filters import Filters
from pipeline.catalog.periods import count_scored_years
from pipeline.catalog.query import selected_photos
from pipeline.catalog.selection import left_out_by_usual
from pipeline.catalog.timeline import by_score
from schemas.context import TagKind
from schemas.context_tables import photo_tags, tags
from schemas.tables import photos

_WILDCARDS = frozenset("*?")
MOST_STARS = 5
# The best scene is the cover: text of one length, so that the largest one has the best score.
_SCORE = sa.cast(1000 + 1000 * sa.func.coalesce(photos.c.score, 0), sa.Integer)
_COVER = sa.func.max(sa.cast(_SCORE, sa.String) + photos.c.photo_id)
_ID_LENGTH = 32
# How many photos are read for covers, of all tags together, and of each tag at least.
_MOST_LOOKED_AT, _LEAST_LOOKED_AT = 1_000, 8
_LATEST, _OF_OLDER = 2_000, 2  # how many photos tell which tags are the newest
_MOST_BEST = 1_000  # photos among which the best of each year are looked for


class Facet(NamedTuple):
    """A value that a filter can have."""

    name: str
    value: str  # of the filter
    photos: int
    cover: str  # id of a photo


class TagFacet(NamedTuple):
    """An album or a person. Its cover is found by `read_tag_covers`, for those that are shown."""

    tag_id: int
    name: str
    value: str  # of the filter: behind a "/", which is to say from the first level on
    photos: int


def read_tag_facets(connection: Connection, filters: Filters, kind: TagKind) -> list[TagFacet]:
    """Return the albums or the people of photos, those with the most photos first."""
    filters = _with_tag(filters, kind, None)
    others = left_out_by_usual(connection, filters, "photo_id")
    named = sa.select(tags.c.tag_id, tags.c.name, tags.c.folded).where(tags.c.kind == kind)
    rows = connection.execute(named.order_by(tags.c.tag_id)).all()
    if others is None:
        counts = _count_tags(connection, selected_photos(connection, filters, photos.c.photo_id))
    else:  # all photos of a tag are counted without looking at each, and few are left out
        counts = _count_all(connection, kind) - _count_tags(connection, others)
    rows = [row for row in rows if counts[row.tag_id]]
    unclear = _unclear([row.folded for row in rows])
    found: dict[str, TagFacet] = {}
    for number, name, name_folded in rows:
        if name_folded in found:
            continue
        value, photo_count = f"/{name}", counts[number]
        if name_folded in unclear:
            photo_count = count_selected(connection, _with_tag(filters, kind, value))
        found[name_folded] = TagFacet(number, name, value, photo_count)
    return sorted(found.values(), key=lambda facet: -facet.photos)


def _count_all(connection: Connection, kind: TagKind) -> Counter[int]:
    """Return how many photos have each tag of a kind, by its number."""
    count = sa.select(sa.func.count()).where(photo_tags.c.tag_id == tags.c.tag_id).correlate(tags)
    statement = sa.select(tags.c.tag_id, count.scalar_subquery()).where(tags.c.kind == kind)
    return Counter({row[0]: row[1] for row in connection.execute(statement)})


def _count_tags(connection: Connection, photo_ids: sa.Select[tuple[str]]) -> Counter[int]:
    """Return how many of some photos have each tag, by its number."""
    statement = sa.select(photo_tags.c.tag_id, sa.func.count())
    statement = statement.where(photo_tags.c.photo_id.in_(photo_ids))
    rows = connection.execute(statement.group_by(photo_tags.c.tag_id))
    return Counter({row[0]: row[1] for row in rows})


def newest_first(
    connection: Connection, kind: TagKind, facets: Iterable[TagFacet]
) -> list[TagFacet]:
    """Return the tags of a kind by their newest photo, whether a view shows that photo or not.

    To find the newest photo of each would be to read all photos with a tag. So it is one of the
    latest photos of all, or else the newest of a few.
    """
    # SQLite would else look for each photo of each tag among the latest.
    is_of_kind = Conditions(connection.dialect.name).not_by_index(tags.c.kind) == kind
    newest = sa.func.max
    last = sa.select(photos.c.photo_id, photos.c.taken_at).where(photos.c.taken_at.is_not(None))
    last_few = last.order_by(photos.c.taken_at.desc()).limit(_LATEST).subquery()
    tagged = last_few.join(photo_tags, photo_tags.c.photo_id == last_few.c.photo_id).join(tags)
    latest = sa.select(tags.c.tag_id, newest(last_few.c.taken_at)).select_from(tagged)
    some = photo_tags.alias()
    ids = sa.select(some.c.photo_id).where(some.c.tag_id == tags.c.tag_id)
    ids = ids.order_by(some.c.photo_id).limit(_OF_OLDER).correlate(tags)
    tagged = _joined(connection, ids)
    older = sa.select(tags.c.tag_id, newest(photos.c.taken_at)).select_from(tagged)
    times: dict[int, datetime | None] = {}
    for statement in (older, latest):
        rows = connection.execute(statement.where(is_of_kind).group_by(tags.c.tag_id))
        times.update((tag_id, time) for tag_id, time in rows)
    oldest = datetime.min
    return sorted(facets, key=lambda facet: times.get(facet.tag_id) or oldest, reverse=True)


def read_tag_covers(
    connection: Connection, filters: Filters, kind: TagKind, facets: Sequence[TagFacet]
) -> list[Facet]:
    """Return tags with their covers: the best of some of the photos of each, or of all."""
    some = photo_tags.alias()
    is_selected = _is_selected(connection, _with_tag(filters, kind, None), some.c.photo_id)
    ids = sa.select(some.c.photo_id).where(some.c.tag_id == tags.c.tag_id)
    ids = ids.where(is_selected).order_by(some.c.photo_id)
    most = max(_LEAST_LOOKED_AT, _MOST_LOOKED_AT // max(len(facets), 1))
    tagged = _joined(connection, ids.limit(most).correlate(tags))
    shown = tags.c.tag_id.in_([facet.tag_id for facet in facets])
    statement = sa.select(tags.c.tag_id, _COVER).select_from(tagged).where(shown)
    rows = connection.execute(statement.group_by(tags.c.tag_id))
    covers = {tag_id: cover[-_ID_LENGTH:] for tag_id, cover in rows}
    return [
        Facet(facet.name, facet.value, facet.photos, covers[facet.tag_id])
        for facet in facets
        if facet.tag_id in covers
    ]


def _joined(connection: Connection, ids: sa.Select[tuple[str]]) -> sa.Join:
    """Join each tag with the photos whose ids are selected for it."""
    if connection.dialect.name == "sqlite":
        return tags.join(photos, photos.c.photo_id.in_(ids))
    # PostgreSQL would select the ids again for each pair of a tag and a photo.
    some = ids.lateral()
    return tags.join(some, sa.true()).join(photos, photos.c.photo_id == some.c.photo_id)


def _is_selected(
    connection: Connection, filters: Filters, photo_id: sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """Return the condition that filters select the photo with an id in another table.

    The rows of that table are found by their tags: to look for each photo of each tag would take
    minutes.
    """
    q = Conditions(connection.dialect.name)
    others = left_out_by_usual(connection, filters, "photo_id")
    if others is not None:
        return q.not_by_index(photo_id).not_in(others)
    selected = selected_photos(connection, filters, photos.c.photo_id)
    return q.not_by_index(photo_id).in_(selected)


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
    filters, rating = replace(filters, rating=None), photos.c.rating
    counted = selected_photos(connection, filters, rating, sa.func.count()).where(rating > 0)
    counts = {row[0]: row[1] for row in connection.execute(counted.group_by(rating))}
    covers = _best_of_ratings(connection, filters, counts)
    found: list[Facet] = []
    total = 0
    for stars in range(MOST_STARS, 0, -1):
        if stars in covers:
            total += counts[stars]
            found.append(Facet(str(stars), str(stars), total, covers[stars]))
    return found


def _best_of_ratings(
    connection: Connection, filters: Filters, ratings: Iterable[int]
) -> dict[int, str]:
    """Return the photo with the best score of each number of stars.

    Most are among the best of all. The others are looked for among those with their stars.
    """
    statement = by_score(connection, filters, photos.c.rating, photos.c.photo_id)
    best: dict[int, str] = {}
    for rating, photo_id in connection.execute(statement.limit(_MOST_BEST)):
        best.setdefault(rating, photo_id)
    rest = set(ratings) - best.keys()
    if rest:
        covers = selected_photos(connection, filters, photos.c.rating, _COVER)
        covers = covers.where(photos.c.rating.in_(rest)).group_by(photos.c.rating)
        best |= {rating: cover[-_ID_LENGTH:] for rating, cover in connection.execute(covers)}
    return best


def read_favorites(connection: Connection, filters: Filters) -> Facet | None:
    """Return the favorites; None if there are none."""
    columns: tuple[Any, ...] = (sa.func.count(), _COVER)
    wanted = replace(filters, favorite=True)
    count, cover = connection.execute(selected_photos(connection, wanted, *columns)).one()
    return Facet("", "true", count, cover[-_ID_LENGTH:]) if count else None


def read_year_facets(connection: Connection, filters: Filters) -> list[Facet]:
    """Return the years with scored scenes, the last one first; the cover is the best of each."""
    of_all_years = replace(filters, after=None, before=None)
    counts = count_scored_years(connection, of_all_years)
    covers = _best_of_years(connection, of_all_years, counts)
    return [Facet(one, one, counts[one], covers[one]) for one in sorted(covers, reverse=True)]


def _best_of_years(
    connection: Connection, filters: Filters, years: Iterable[str]
) -> dict[str, str]:
    """Return the photo with the best score of each year.

    Most are among the best of all. The others are looked for in their years.
    """
    statement = by_score(connection, filters, photos.c.taken_at, photos.c.photo_id)
    dated = statement.where(photos.c.taken_at.is_not(None))
    best: dict[str, str] = {}
    for taken_at, photo_id in connection.execute(dated.limit(_MOST_BEST)):
        best.setdefault(f"{taken_at.year:04d}", photo_id)
    for year in set(years) - best.keys():
        first, last = datetime(int(year), 1, 1), datetime(int(year), 12, 31, 23, 59, 59, 999999)
        of_year = dated.where(photos.c.taken_at.between(first, last))
        row = connection.execute(of_year.limit(1)).first()
        if row is not None:
            best[year] = row.photo_id
    return best
