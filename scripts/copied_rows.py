"""Many rows of a made-up catalog by SQL alone: copies of its first photos, under ids of their own.

To make a million photos row by row takes an hour of processor time; so it takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from made_catalog import CONTEXT_TABLES, ID_FACTOR, ID_RANGE
from sqlalchemy.engine import Connection

from schemas.search_tables import photo_texts
from schemas.tables import artifacts, failures, photo_paths, photos, scenes

_COUNTED = ("text_id", "failure_id")  # the database counts them


def note_originals(connection: Connection, count: int) -> None:
    """Note the first `count` photos, of which copies are made by this connection."""
    connection.execute(sa.text("DROP TABLE IF EXISTS own"))
    connection.execute(
        sa.text(
            "CREATE TEMPORARY TABLE own AS SELECT p.photo_id, p.scene_id, pp.mtime_ns "
            "FROM photos p JOIN photo_paths pp ON pp.photo_id = p.photo_id "
            f"WHERE pp.mtime_ns < {count:d}"
        )
    )


def copy_photos(connection: Connection, shift: int, stop: int) -> None:
    """Copy the originals as the photos from number `shift` on, but for those from `stop` on."""
    for table in (photos, scenes, photo_paths, artifacts, failures, photo_texts, *CONTEXT_TABLES):
        copied = dict(_copied(table, connection.dialect.name))
        key = "photo_id" if "photo_id" in table.c else "scene_id"
        # In this order: SQLite keeps to that of CROSS JOIN.
        statement = (
            f"INSERT INTO {table.name} ({', '.join(copied)}) "
            f"SELECT {', '.join(copied.values())} FROM own CROSS JOIN {table.name} t "
            f"WHERE t.{key} = own.{key} AND own.mtime_ns + :shift < :stop"
        )
        connection.execute(sa.text(statement), {"shift": shift, "stop": stop})


def note_texts(connection: Connection) -> None:
    """Have all copies know the rows of their texts."""
    of_photo = sa.select(photo_texts.c.text_id).where(photo_texts.c.photo_id == photos.c.photo_id)
    new = photos.update().where(photos.c.text_id.is_(None))
    connection.execute(new.values(text_id=of_photo.scalar_subquery()))


def _copied(table: sa.Table, dialect: str) -> Iterator[tuple[str, str]]:
    """Yield the columns of a table and their values in a copy."""
    is_sqlite = dialect == "sqlite"
    number = "(own.mtime_ns + :shift)"
    if is_sqlite:
        photo_id = f"printf('%032x', {number} * {ID_FACTOR} % {ID_RANGE})"
        scene_id = f"printf('%032x', {number})"
        digits, old_digits = f"printf('%07d', {number})", "printf('%07d', own.mtime_ns)"
    else:
        number = "(own.mtime_ns + CAST(:shift AS bigint))"
        photo_id = f"lpad(to_hex({number} * {ID_FACTOR} % {ID_RANGE}), 32, '0')"
        scene_id = f"lpad(to_hex({number}), 32, '0')"
        digits = f"lpad(CAST({number} AS text), 7, '0')"
        old_digits = "lpad(CAST(own.mtime_ns AS text), 7, '0')"
    shown = f"CASE WHEN t.scene_id IS NULL THEN NULL ELSE {scene_id} END"
    for column in table.c:
        name, value = column.name, f"t.{column.name}"
        if name in _COUNTED:
            continue
        if name == "photo_id":
            value = photo_id
        elif name == "scene_id":
            value = shown
        elif name == "artifact_id":
            value = f"substr(t.artifact_id, 1, 12) || substr({photo_id}, 13)"
        elif name == "mtime_ns":
            value = number
        elif (table, name) in ((photo_paths, "path"), (photo_texts, "text")):
            value = f"replace(t.{name}, {old_digits}, {digits})"
        elif name in ("splat_path", "thumb_path", "path", "settings"):
            value = f"replace(t.{name}, own.photo_id, {photo_id})"
            if "scene_id" in table.c:
                value = (
                    f"CASE WHEN t.scene_id IS NULL THEN {value} "
                    f"ELSE replace({value}, t.scene_id, {scene_id}) END"
                )
        yield name, value
