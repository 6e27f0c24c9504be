"""Rows of tags: keywords, persons, albums and colour labels, and the photos that have them.

Each function that writes is a part of the caller's transaction. One run writes at a time, so it
may number new tags itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.folding import folded
from pipeline.catalog.in_lists import in_groups
from schemas.context import TagKind
from schemas.context_tables import photo_tags, tags

Tag = tuple[TagKind, str]  # kind and name


def set_tags(connection: Connection, of_photos: Mapping[str, Iterable[Tag]]) -> None:
    """Give photos these tags, instead of those that they have."""
    wanted = {photo_id: set(found) for photo_id, found in of_photos.items()}
    ids = _ids_of(connection, {tag for found in wanted.values() for tag in found})
    for chunk in in_groups(wanted):
        connection.execute(photo_tags.delete().where(photo_tags.c.photo_id.in_(chunk)))
    rows = [
        {"tag_id": tag_id, "photo_id": photo_id}
        for photo_id, found in wanted.items()
        for tag_id in sorted(ids[tag] for tag in found)
    ]
    if rows:
        connection.execute(photo_tags.insert(), rows)


def read_tags(
    connection: Connection, photo_ids: Sequence[str]
) -> dict[str, dict[TagKind, list[str]]]:
    """Return the names of photos' tags by kind, in the order of the alphabet."""
    found: dict[str, dict[TagKind, list[str]]] = {}
    for chunk in in_groups(photo_ids):
        query = (
            sa.select(photo_tags.c.photo_id, tags.c.kind, tags.c.name)
            .join(tags, tags.c.tag_id == photo_tags.c.tag_id)
            .where(photo_tags.c.photo_id.in_(chunk))
            .order_by(tags.c.folded, tags.c.name)
        )
        for photo_id, kind, name in connection.execute(query):
            found.setdefault(photo_id, {}).setdefault(TagKind(kind), []).append(name)
    return found


def label_of(photo_id: sa.ColumnElement[str]) -> sa.ScalarSelect[str]:
    """Return the color label of a photo, as an expression."""
    return (
        sa.select(sa.func.min(tags.c.name))
        .join(photo_tags, photo_tags.c.tag_id == tags.c.tag_id)
        .where(photo_tags.c.photo_id == photo_id, tags.c.kind == TagKind.LABEL)
        .scalar_subquery()
    )


def forget_unused_tags(connection: Connection) -> None:
    """Delete tags that no photo has any more."""
    is_used = sa.exists().where(photo_tags.c.tag_id == tags.c.tag_id)
    connection.execute(tags.delete().where(~is_used))


def _ids_of(connection: Connection, wanted: set[Tag]) -> dict[Tag, int]:
    """Return the numbers of tags; those that are new are inserted."""
    ids: dict[Tag, int] = {}
    for kind in TagKind:
        for chunk in in_groups(name for tag_kind, name in wanted if tag_kind is kind):
            query = sa.select(tags.c.name, tags.c.tag_id)
            known = query.where(tags.c.kind == kind, tags.c.name.in_(chunk))
            ids.update({(kind, name): tag_id for name, tag_id in connection.execute(known)})
    new = sorted(wanted - ids.keys())
    if new:
        last = connection.scalar(sa.select(sa.func.max(tags.c.tag_id))) or 0
        ids.update({tag: number for number, tag in enumerate(new, last + 1)})
        rows = [
            {"tag_id": ids[kind, name], "kind": kind, "name": name, "folded": folded(name)}
            for kind, name in new
        ]
        connection.execute(tags.insert(), rows)
    return ids
