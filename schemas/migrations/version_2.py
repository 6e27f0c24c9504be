"""To version 2: files beside photos, focal lengths that a person has set, indexes on artifacts.

Version 1 forgot who had set a focal length. What can still be told comes from its scenes: those of
source `user` were made with --focal-mm, which their run remembers, or with a sidecar's.
"""

from __future__ import annotations

import json
import math

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.migrations.migration import Migration, add_column, add_index, photo_key

_FILM_DIAGONAL_MM = math.hypot(36, 24)
_BEST_SCENE = """
    SELECT scenes.scene_id FROM scenes WHERE scenes.photo_id = photos.photo_id
    ORDER BY
        CASE scenes.model WHEN 'sharp' THEN 0 WHEN 'prior' THEN 1 ELSE 99 END,
        CASE scenes.focal_source
            WHEN 'user' THEN CASE WHEN abs(scenes.user_focal_35mm - (
                SELECT user_focals.focal_35mm FROM user_focals
                WHERE user_focals.photo_id = scenes.photo_id
                ORDER BY CASE user_focals.source WHEN 'flag' THEN 0 ELSE 1 END LIMIT 1
            )) < 0.001 THEN 0 ELSE 99 END
            WHEN 'intrinsics' THEN 1 WHEN 'exif_35mm' THEN 2 WHEN 'exif_sensor' THEN 3
            WHEN 'camera_table' THEN 4 WHEN 'exif_mm_guess' THEN 5 WHEN 'default' THEN 6 ELSE 98
        END,
        scenes.created_at DESC
    LIMIT 1
"""
_HAS_SCENE = "EXISTS (SELECT 1 FROM scenes WHERE scenes.photo_id = photos.photo_id)"


def _change_tables(connection: Connection) -> None:
    metadata = sa.MetaData()
    context_files = sa.Table(
        "context_files",
        metadata,
        photo_key(metadata),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    )
    user_focals = sa.Table(
        "user_focals",
        metadata,
        photo_key(metadata),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("focal_35mm", sa.Float, nullable=False),
        sa.Column("set_at", sa.DateTime, nullable=False),
    )
    context_files.create(connection)
    user_focals.create(connection)
    add_column(connection, "scenes", sa.Column("user_focal_35mm", sa.Float))
    add_column(connection, "photos", sa.Column("taken_at_source", sa.String))
    add_column(connection, "photos", sa.Column("position_source", sa.String))
    add_index(connection, "artifacts", "artifacts_by_path", "path")
    add_index(connection, "artifacts", "artifacts_by_scene", "scene_id")


def _change_rows(connection: Connection) -> None:
    made_by_user = sa.text(
        "SELECT scenes.scene_id, scenes.photo_id, scenes.focal_px, scenes.width, scenes.height, "
        "scenes.created_at, runs.settings FROM scenes LEFT JOIN runs USING (run_id) "
        "WHERE scenes.focal_source = 'user' AND scenes.user_focal_35mm IS NULL "
        "ORDER BY scenes.created_at"
    )
    remembered: dict[tuple[str, str], dict[str, object]] = {}  # the newest counts
    scenes = []
    for row in connection.execute(made_by_user):
        flag = _flag_of(row.settings)
        focal_35mm = flag
        if focal_35mm is None:
            diagonal = math.hypot(row.width, row.height)
            focal_35mm = round(row.focal_px * _FILM_DIAGONAL_MM / diagonal, 4)
        source = "sidecar" if flag is None else "flag"
        scenes.append({"scene_id": row.scene_id, "focal_35mm": focal_35mm})
        remembered[row.photo_id, source] = {
            "photo_id": row.photo_id,
            "source": source,
            "focal_35mm": focal_35mm,
            "set_at": row.created_at,
        }
    if scenes:
        connection.execute(
            sa.text("UPDATE scenes SET user_focal_35mm = :focal_35mm WHERE scene_id = :scene_id"),
            scenes,
        )
        connection.execute(
            sa.text(
                "INSERT INTO user_focals (photo_id, source, focal_35mm, set_at) "
                "VALUES (:photo_id, :source, :focal_35mm, :set_at)"
            ),
            list(remembered.values()),
        )
    # Before, the newest scene of the better model counted, and a photo showed the focal length of
    # the last one that was made.
    connection.execute(sa.text(f"UPDATE photos SET scene_id = ({_BEST_SCENE}) WHERE {_HAS_SCENE}"))
    connection.execute(
        sa.text(
            "UPDATE photos SET (width, height, focal_px, focal_source) = ("
            "SELECT scenes.width, scenes.height, scenes.focal_px, scenes.focal_source FROM scenes "
            f"WHERE scenes.scene_id = photos.scene_id) WHERE {_HAS_SCENE}"
        )
    )


def _flag_of(run_settings: str | None) -> float | None:
    """Return the focal length that a run was given, if it was."""
    photo = json.loads(run_settings or "{}").get("photo")
    focal_35mm = photo.get("focal_35mm") if isinstance(photo, dict) else None
    return float(focal_35mm) if isinstance(focal_35mm, int | float) else None


TO_VERSION_2 = Migration("context files and set focal lengths", _change_tables, _change_rows)
