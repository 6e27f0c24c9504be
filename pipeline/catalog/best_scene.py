"""Which scene of a photo counts as its best: the only place that says so.

The better model first, then the more trusted focal length, then the newer. A focal length that a
person has set is the most trusted one as long as it is what the person wants now: after they set
another one, or took it back, its scenes come last.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from schemas.records import FocalSource
from schemas.tables import photos, scenes, user_focals
from schemas.user_focals import SAME_FOCAL, UserFocalSource
from sharp_core.models.registry import MODELS, UNKNOWN_RANK

# Fields that a photo shows as its best scene has them: those it is rendered with.
FIELDS_OF_BEST_SCENE = ("width", "height", "focal_px", "focal_source")
_LAST = 99

_WANTED_35MM = (
    sa.select(user_focals.c.focal_35mm)
    .where(user_focals.c.photo_id == scenes.c.photo_id)
    .order_by(
        sa.case(
            {source.value: rank for rank, source in enumerate(UserFocalSource)},
            value=user_focals.c.source,
        )
    )
    .limit(1)
    .correlate(scenes)
    .scalar_subquery()
)
_IS_WANTED = (
    sa.func.abs(scenes.c.user_focal_35mm - _WANTED_35MM) < SAME_FOCAL * scenes.c.user_focal_35mm
)
_FOCAL_RANK = sa.case(
    (scenes.c.focal_source == FocalSource.USER, sa.case((_IS_WANTED, 0), else_=_LAST)),
    else_=sa.case(
        {source.value: rank for rank, source in enumerate(FocalSource)},
        value=scenes.c.focal_source,
        else_=_LAST,
    ),
)


def best_scene(photo_id: str | sa.ColumnElement[str]) -> sa.Select[tuple[str]]:
    """Return the statement for the best scene of a photo."""
    # Ascending: the better model first. Not at import: other packages' models are loaded for it.
    model_rank = sa.case(
        {model.name: -model.rank for model in MODELS}, value=scenes.c.model, else_=-UNKNOWN_RANK
    )
    found = sa.select(scenes.c.scene_id).where(scenes.c.photo_id == photo_id)
    return found.order_by(model_rank, _FOCAL_RANK, scenes.c.created_at.desc()).limit(1)


def score_of(scene_id: object) -> sa.ScalarSelect[float]:
    """Return the score of a scene, an id or a column of ids, as photos show it."""
    return sa.select(scenes.c.score).where(scenes.c.scene_id == scene_id).scalar_subquery()


def choose_best_scenes(connection: Connection, photo_ids: Iterable[str]) -> None:
    """Have photos that have scenes show the best one. A part of the caller's transaction."""
    best = best_scene(photos.c.photo_id).correlate(photos).scalar_subquery()
    for chunk in in_groups(list(photo_ids)):
        has_scene = photos.c.scene_id.is_not(None)
        chosen = photos.update().where(photos.c.photo_id.in_(chunk), has_scene)
        connection.execute(chosen.values(scene_id=best))
        connection.execute(chosen.values(score=score_of(photos.c.scene_id)))
