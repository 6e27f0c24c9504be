"""Rows of photos' contexts: what each source said, and what of it the photo shows.

Each function that writes is a part of the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.photo_columns import KEY, POSITION_COLUMNS, TIME_COLUMNS, update_by_key
from pipeline.catalog.place_rows import place_ids
from pipeline.catalog.tags import Tag, set_tags
from pipeline.catalog.text import clean_text, offset_text
from pipeline.catalog.user_marks import apply_marks
from schemas.context import (
    CONTEXT_FIELDS,
    ContextFacts,
    ContextSource,
    ContextUpdate,
    PhotoContext,
    Said,
    TagKind,
)
from schemas.context_tables import context_facts
from schemas.path_text import path_text
from schemas.tables import photos

_COLUMNS = (
    *("rating", "favorite", "picked", "title", "caption", "hidden", "trashed"),
    *("edited_of", "burst_id"),
)
_SOURCES = {source.value: source for source in ContextSource}
# Their dates and positions count before those of a context.
_IN_FILE = tuple(
    source.value
    for source in (
        *(ContextSource.SIDECAR, ContextSource.EXIF),
        *(ContextSource.EMBEDDED_XMP, ContextSource.IPTC),
    )
)


def record_contexts(connection: Connection, updates: Sequence[ContextUpdate]) -> None:
    """Replace what is recorded of photos' contexts.

    A date and a position that the photo's own metadata has stay as they are: they are recorded
    before.
    """
    latest = {update.photo_id: update for update in updates}
    _replace_facts(connection, latest.values())
    set_tags(connection, {photo_id: _tags(one.context) for photo_id, one in latest.items()})
    places = place_ids(connection, (update.places for update in latest.values()))
    if latest:
        rows = [_values(update, places[update.places]) for update in latest.values()]
        connection.execute(_update(), rows)
        apply_marks(connection, latest)


def read_said(connection: Connection, photo_ids: Sequence[str]) -> dict[str, list[Said]]:
    """Return what each source said of photos, in a stable order."""
    found: dict[str, list[Said]] = {}
    for chunk in in_groups(photo_ids):
        query = sa.select(context_facts).where(context_facts.c.photo_id.in_(chunk))
        for row in connection.execute(query.order_by(context_facts.c.origin)):
            facts = _facts(row.source, row.facts)
            if facts is not None:
                found.setdefault(row.photo_id, []).append(Said(row.origin, facts))
    return found


def read_facts_of(connection: Connection, origin: str) -> dict[str, ContextFacts]:
    """Return what one file or collection said of photos, by its path as the catalog writes it."""
    query = sa.select(context_facts).where(context_facts.c.origin == origin)
    rows = ((row.photo_id, _facts(row.source, row.facts)) for row in connection.execute(query))
    return {photo_id: facts for photo_id, facts in rows if facts is not None}


def read_own_positions(
    connection: Connection, photo_ids: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Return latitude and longitude of the photos whose own metadata has them."""
    found: dict[str, tuple[float, float]] = {}
    latitude, longitude = photos.c.latitude, photos.c.longitude
    for chunk in in_groups(photo_ids):
        query = sa.select(photos.c.photo_id, latitude, longitude).where(
            photos.c.photo_id.in_(chunk),
            latitude.is_not(None),
            longitude.is_not(None),
            _is_own(photos.c.position_source, latitude),
        )
        found.update({row[0]: (row[1], row[2]) for row in connection.execute(query)})
    return found


def _replace_facts(connection: Connection, updates: Iterable[ContextUpdate]) -> None:
    rows = {
        (update.photo_id, said.facts.source, path_text(said.origin)): _text(said.facts)
        for update in updates
        for said in update.said
        if not said.facts.is_empty
    }
    for chunk in in_groups(update.photo_id for update in updates):
        connection.execute(context_facts.delete().where(context_facts.c.photo_id.in_(chunk)))
    if rows:
        names = ("photo_id", "source", "origin", "facts")
        values = [dict(zip(names, (*key, facts), strict=True)) for key, facts in rows.items()]
        connection.execute(context_facts.insert(), values)


def _tags(context: PhotoContext) -> Iterator[Tag]:
    for kind, names in (
        (TagKind.KEYWORD, context.keywords),
        (TagKind.PERSON, context.people),
        (TagKind.ALBUM, context.albums),
        (TagKind.LABEL, (context.label or "",)),
    ):
        yield from ((kind, name) for name in map(clean_text, names) if name)


@cache
def _update() -> sa.Update:
    """Return the statement that records a context, made once."""
    own = {
        **dict.fromkeys(TIME_COLUMNS, _is_own(photos.c.taken_at_source, photos.c.taken_at)),
        **dict.fromkeys(POSITION_COLUMNS, _is_own(photos.c.position_source, photos.c.latitude)),
    }
    filled = {
        name: sa.case((is_own, photos.c[name]), else_=sa.bindparam(name, type_=photos.c[name].type))
        for name, is_own in own.items()
    }
    return update_by_key((*_COLUMNS, "place_id", "place_source"), **filled)


def _values(update: ContextUpdate, place_id: int | None) -> dict[str, Any]:
    context, utc = update.context, None
    if context.taken_at is not None and context.taken_at_offset is not None:
        utc = context.taken_at - context.taken_at_offset
    return {
        KEY: update.photo_id,
        **{name: _clean(getattr(context, name)) for name in _COLUMNS},
        "place_id": place_id,
        "place_source": update.place_source,
        "taken_at": context.taken_at,
        "taken_at_offset": offset_text(context.taken_at_offset),
        "taken_at_utc": utc,
        "taken_at_source": _source(context, "taken_at"),
        "latitude": context.latitude,
        "longitude": context.longitude,
        "altitude_m": context.altitude_m,
        "position_source": _source(context, "latitude"),
    }


def _is_own(source: sa.Column[Any], value: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a value is of the photo's own metadata."""
    # Catalogs of version 1 did not record the source of what a file says.
    is_of_file = sa.or_(*(source == one for one in _IN_FILE))  # not IN: it takes many rows at once
    return is_of_file | (source.is_(None) & value.is_not(None))


def _source(context: PhotoContext, name: str) -> str | None:
    return next((source.value for source in context.sources.get(name, ())), None)


def _clean(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


def _text(facts: ContextFacts) -> str:
    values = {name: getattr(facts, name) for name in CONTEXT_FIELDS}
    said = {name: value for name, value in values.items() if value is not None and value != ()}
    return clean_text(json.dumps(said, default=_plain, ensure_ascii=False)) or ""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{value!r} cannot be stored as JSON")


def _facts(source: str, text: str) -> ContextFacts | None:
    """Return recorded facts; None where their source is one of another version."""
    if source not in _SOURCES:
        return None
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
        if name in CONTEXT_FIELDS
    }
    if "taken_at" in values:
        values["taken_at"] = datetime.fromisoformat(values["taken_at"])
    if "taken_at_offset" in values:
        values["taken_at_offset"] = timedelta(seconds=values["taken_at_offset"])
    return ContextFacts(source=_SOURCES[source], **values)
