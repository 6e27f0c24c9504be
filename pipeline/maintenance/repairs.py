"""What `verify` and `gc` change in a catalog, each in one transaction.

Rows are deleted before their files, so that no row names a missing file; the next `gc` finds a
file without a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import best_scene, score_of
from pipeline.catalog.in_lists import in_groups
from schemas.context_tables import scene_flags
from schemas.outcomes import PHOTO_STAGES
from schemas.records import PhotoState
from schemas.tables import artifacts, failures, photos, scenes, utc_now


def mark_verified(connection: Connection, scene_ids: Sequence[str]) -> None:
    """Record that these scenes' files have just been checked and are whole."""
    with connection.begin():
        connection.execute(
            scenes.update().where(scenes.c.scene_id.in_(scene_ids)).values(verified_at=utc_now())
        )


def drop_scene(connection: Connection, scene_id: str) -> list[str]:
    """Delete a scene and what was made from it; its photo is due again, or shows another scene.

    Returns the paths of the library's files that no row names any more.
    """
    with connection.begin():
        row = connection.execute(sa.select(scenes).where(scenes.c.scene_id == scene_id)).one()
        # Failures before this scene was made would now keep it from being made again.
        connection.execute(
            failures.delete().where(
                failures.c.photo_id == row.photo_id,
                failures.c.stage.in_(PHOTO_STAGES),
                failures.c.created_at <= row.created_at,
            )
        )
        paths = _drop(connection, [scene_id])
        _show_best(connection, row.photo_id)
    return paths


def drop_superseded(connection: Connection, scene_ids: Iterable[str]) -> list[str]:
    """Delete scenes whose photos show better ones, and what was made from them.

    Returns the paths of the library's files that no row names any more.
    """
    paths: list[str] = []
    for chunk in in_groups(scene_ids):
        with connection.begin():
            paths += _drop(connection, chunk)
    return paths


def drop_artifact(connection: Connection, artifact_id: str) -> None:
    """Delete the row of a preview, so that it is made again."""
    with connection.begin():
        connection.execute(artifacts.delete().where(artifacts.c.artifact_id == artifact_id))


def repair_photo(connection: Connection, photo_id: str) -> None:
    """Show the best other scene of a photo whose scene is not in the catalog, or make it due."""
    with connection.begin():
        _show_best(connection, photo_id)


def in_library(path: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a file lies in the library, and not in a folder of exports."""
    return ~path.startswith("/")


def _drop(connection: Connection, scene_ids: Sequence[str]) -> list[str]:
    paths: list[str] = []
    connection.execute(scene_flags.delete().where(scene_flags.c.scene_id.in_(scene_ids)))
    for table, path in ((artifacts, artifacts.c.path), (scenes, scenes.c.splat_path)):
        chosen = table.c.scene_id.in_(scene_ids)
        paths += connection.scalars(sa.select(path).where(chosen, in_library(path)))
        connection.execute(table.delete().where(chosen))
    return paths


def _show_best(connection: Connection, photo_id: str) -> None:
    best = connection.scalar(best_scene(photo_id))
    state = PhotoState.DUE if best is None else PhotoState.DONE
    connection.execute(
        photos.update()
        .where(photos.c.photo_id == photo_id)
        .values(scene_id=best, score=score_of(best), state=state, reason=None, message=None)
    )
