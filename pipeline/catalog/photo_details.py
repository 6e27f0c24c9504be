"""Everything that the catalog knows about one photo."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import FIELDS_OF_BEST_SCENE
from pipeline.catalog.flags import read_flags
from pipeline.catalog.group_rows import read_group
from pipeline.catalog.tags import read_tags
from schemas.context import PlaceNames, TagKind
from schemas.context_tables import places
from schemas.errors import UsageError
from schemas.path_text import path_text
from schemas.tables import (
    artifacts,
    context_files,
    failures,
    photo_paths,
    photos,
    scenes,
    user_focals,
)

_FEWEST_DIGITS = 4
_OF_PLACE = tuple(places.c[name] for name in PlaceNames._fields)
_OF_BEST_SCENE = tuple(scenes.c[name] for name in FIELDS_OF_BEST_SCENE)


def photo_details(connection: Connection, name: str, folder: Path) -> dict[str, object]:
    """Return the photo's columns, its names, and rows of other tables as lists of fields.

    These are its paths, what each source says of it, the files beside it, the focal lengths that a
    person has set, its scenes, artifacts and failures. Size and focal length are those of the best
    scene, as in a query.

    `name` is a path (from `folder`), or a photo_id or scene_id or the first digits of one. Raises
    UsageError where it names no photo, or several.
    """
    photo_id = _photo_id(connection, name, folder)
    row = connection.execute(sa.select(photos).where(photos.c.photo_id == photo_id)).one()
    details: dict[str, object] = dict(row._mapping)
    place = sa.select(*_OF_PLACE).where(places.c.place_id == details.pop("place_id"))
    names = connection.execute(place).one_or_none()
    details |= dict.fromkeys(PlaceNames._fields) if names is None else names._mapping
    tags = read_tags(connection, [photo_id]).get(photo_id, {})
    details["label"] = next(iter(tags.get(TagKind.LABEL, ())), None)
    details["keywords"] = tags.get(TagKind.KEYWORD, [])
    details["people"] = tags.get(TagKind.PERSON, [])
    details["albums"] = tags.get(TagKind.ALBUM, [])
    details["group"] = read_group(connection, photo_id)
    details["flags"] = read_flags(connection, [photo_id]).get(photo_id, [])
    columns = (photo_paths.c.path, photo_paths.c.missing_at, photo_paths.c.skip_reason)
    paths = sa.select(*columns).where(photo_paths.c.photo_id == photo_id).order_by(columns[0])
    best = sa.select(*_OF_BEST_SCENE).where(scenes.c.scene_id == row.scene_id)
    for shown in connection.execute(best):
        if shown.focal_source != row.focal_source:
            details["focal_warning"] = None  # it is about another focal length
        details |= shown._mapping
    details["paths"] = [dict(row._mapping) for row in connection.execute(paths)]
    for table, order in (
        (context_files, (context_files.c.path,)),
        (user_focals, (user_focals.c.set_at, user_focals.c.source)),
        (scenes, (scenes.c.created_at, scenes.c.scene_id)),
        # Files that were recorded together: those of the photo before those of its scene.
        (
            artifacts,
            (artifacts.c.created_at, artifacts.c.scene_id.nulls_first(), artifacts.c.kind),
        ),
        (failures, (failures.c.created_at, failures.c.attempt)),
    ):
        query = sa.select(table).where(table.c.photo_id == photo_id).order_by(*order)
        details[table.name] = [
            {key: value for key, value in row._mapping.items() if key != "photo_id"}
            for row in connection.execute(query)
        ]
    return details


def _photo_id(connection: Connection, name: str, folder: Path) -> str:
    candidates = {path_text(str(folder / name)), path_text(os.path.realpath(folder / name))}
    by_path = sa.select(photo_paths.c.photo_id).where(photo_paths.c.path.in_(candidates))
    found: set[str] = set(connection.scalars(by_path))
    if len(found) == 1:
        return found.pop()
    digits = name.lower()
    if len(digits) >= _FEWEST_DIGITS and set(digits) <= set("0123456789abcdef"):
        for column, photo_id in (
            (photos.c.photo_id, photos.c.photo_id),
            (scenes.c.scene_id, scenes.c.photo_id),
        ):
            # A range, which an index finds: no digit is greater than "f".
            query = sa.select(photo_id).where(column >= digits, column < f"{digits}g").limit(2)
            found.update(connection.scalars(query))
    if len(found) == 1:
        return found.pop()
    if found:
        raise UsageError(f"{name} is the start of several photos' ids", "Give more of its digits.")
    raise UsageError(
        f"{name}: the library knows no such photo",
        "Give a photo's path or its photo_id; 'sharp-batch query' lists them.",
    )
