"""What the catalog holds of focal lengths that a person has set.

Each function is a part of the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import choose_best_scenes
from pipeline.catalog.in_lists import in_groups
from schemas.tables import user_focals, utc_now
from schemas.user_focals import FocalChange, UserFocals, UserFocalSource


def read_user_focals(
    connection: Connection, photo_ids: Collection[str] | None = None
) -> dict[str, UserFocals]:
    """Return the focal lengths that a person has set, by photo and source; of all, or of some."""
    focals: dict[str, dict[UserFocalSource, float]] = {}
    columns = (user_focals.c.photo_id, user_focals.c.source, user_focals.c.focal_35mm)
    query = sa.select(*columns)
    if photo_ids is not None:
        query = query.where(user_focals.c.photo_id.in_(photo_ids))
    for photo_id, source, focal_35mm in connection.execute(query):
        focals.setdefault(photo_id, {})[UserFocalSource(source)] = focal_35mm
    return dict(focals)


def change_user_focals(
    connection: Connection, photo_ids: Sequence[str], change: FocalChange
) -> None:
    """Set or take back the focal length of photos, and choose their best scenes by it."""
    gone = {*change.takes_back, *([change.source] if change.focal_35mm else [])}
    for chunk in in_groups(photo_ids):
        connection.execute(
            user_focals.delete().where(
                user_focals.c.photo_id.in_(chunk), user_focals.c.source.in_(gone)
            )
        )
    if change.focal_35mm is not None and photo_ids:
        now = utc_now()
        connection.execute(
            user_focals.insert(),
            [
                {
                    "photo_id": photo_id,
                    "source": change.source,
                    "focal_35mm": change.focal_35mm,
                    "set_at": now,
                }
                for photo_id in photo_ids
            ],
        )
    choose_best_scenes(connection, photo_ids)


def record_sidecar_focals(connection: Connection, focals: Mapping[str, float | None]) -> None:
    """Record what photos' sidecars say of their focal lengths; None where one says nothing."""
    of_sidecar = user_focals.c.source == UserFocalSource.SIDECAR
    for chunk in in_groups(focals):
        query = sa.select(user_focals.c.photo_id, user_focals.c.focal_35mm)
        rows = connection.execute(query.where(of_sidecar, user_focals.c.photo_id.in_(chunk)))
        recorded = {row.photo_id: row.focal_35mm for row in rows}
        changed = [one for one in chunk if recorded.get(one) != focals[one]]
        if not changed:
            continue
        connection.execute(
            user_focals.delete().where(of_sidecar, user_focals.c.photo_id.in_(changed))
        )
        now = utc_now()
        new = [
            {
                "photo_id": photo_id,
                "source": UserFocalSource.SIDECAR,
                "focal_35mm": focals[photo_id],
                "set_at": now,
            }
            for photo_id in changed
            if focals[photo_id] is not None
        ]
        if new:
            connection.execute(user_focals.insert(), new)
