"""Flags of photos and scenes, and scores of scenes, in the catalog.

Each function that writes runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import choose_best_scenes
from pipeline.catalog.in_lists import in_groups
from schemas.context_tables import photo_flags, scene_flags
from schemas.outcomes import SceneScored
from schemas.quality import SCORE_PREFIX, QualityFlag
from schemas.records import FocalSource
from schemas.tables import scenes


def record_photo_flags(connection: Connection, found: Mapping[str, Iterable[QualityFlag]]) -> None:
    """Record what is found in photos, by photo_id, in place of what was found before."""
    ours = photo_flags.c.flag.in_([flag.value for flag in QualityFlag])
    for chunk in in_groups(found):
        connection.execute(photo_flags.delete().where(photo_flags.c.photo_id.in_(chunk), ours))
    rows = [{"photo_id": one, "flag": flag.value} for one, flags in found.items() for flag in flags]
    if rows:
        connection.execute(photo_flags.insert(), rows)


def record_scene_flags(connection: Connection, found: Mapping[str, Iterable[QualityFlag]]) -> None:
    """Record what is found in scenes, by scene_id, in place of what was found before."""
    for chunk in in_groups(found):
        connection.execute(scene_flags.delete().where(scene_flags.c.scene_id.in_(chunk)))
    rows = [{"scene_id": one, "flag": flag.value} for one, flags in found.items() for flag in flags]
    if rows:
        connection.execute(scene_flags.insert(), rows)


def record_scored(connection: Connection, scored: SceneScored) -> None:
    """Record the score of a stored scene; its photo shows it if it is the best one."""
    photo_id, scene_id = scored.photo_id, scored.scene_id
    connection.execute(
        scenes.update()
        .where(scenes.c.scene_id == scene_id)
        .values(score=scored.score.score, score_parts=scored.score.as_text())
    )
    record_scene_flags(connection, {scene_id: scored.score.flags})
    if scored.photo_flags is not None:
        record_photo_flags(connection, {photo_id: scored.photo_flags})
    choose_best_scenes(connection, [photo_id])


def unscored(connection: Connection, *, again: bool = False) -> set[str]:
    """Return the scenes that have no score, or one of another version of the rules.

    `again` adds those that have one. Scenes of 360° panoramas get none: there is no one view of the
    photo to compare them with.
    """
    lacking = sa.select(scenes.c.scene_id).where(scenes.c.focal_source != FocalSource.SPHERE)
    if not again:
        has_score = sa.func.coalesce(scenes.c.score_parts, "").startswith(SCORE_PREFIX)
        lacking = lacking.where(~has_score)
    return set(connection.scalars(lacking))
