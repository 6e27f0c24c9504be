"""To version 6: photos know the row of their text, and two indexes hold what pages of sums read."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.migrations.migration import Migration, add_column, add_index

_WIDER_INDEXES = {
    "photos_by_state_and_time": (
        *("state", "taken_at", "photo_id", "hidden", "trashed"),
        *("group_id", "group_rank", "scene_id", "score", "text_id"),
    ),
    "photos_by_place_name": ("place_id", "hidden", "trashed", "latitude", "longitude"),
}


def _change_tables(connection: Connection) -> None:
    add_column(connection, "photos", sa.Column("text_id", sa.Integer))
    for name, columns in _WIDER_INDEXES.items():
        connection.execute(sa.text(f"DROP INDEX {name}"))
        add_index(connection, "photos", name, *columns)


def _change_rows(connection: Connection) -> None:
    of_photo = "SELECT text_id FROM photo_texts WHERE photo_texts.photo_id = photos.photo_id"
    connection.execute(sa.text(f"UPDATE photos SET text_id = ({of_photo})"))


TO_VERSION_6 = Migration("photos know the row of their text", _change_tables, _change_rows)
