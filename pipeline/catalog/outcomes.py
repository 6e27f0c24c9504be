"""Writes outcomes to the catalog: scenes, failures, skips, and files made from scenes.

Each function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import best_scene, score_of
from pipeline.catalog.photo_columns import focal_columns, known_columns, meta_columns
from pipeline.catalog.photo_texts import refresh_texts
from pipeline.catalog.quality import record_photo_flags, record_scene_flags, record_scored
from pipeline.catalog.text import clean_text
from schemas.context import METADATA_VERSION
from schemas.context_tables import scene_flags
from schemas.outcomes import Done, Failed, Made, NewSplat, Skipped
from schemas.records import ArtifactRecord, PhotoMeta, PhotoState
from schemas.tables import artifacts, failures, photos, scenes, utc_now


def record(
    connection: Connection,
    outcome: Done | Made | Skipped | Failed,
    run_id: str | None,
) -> None:
    """Record the outcome of a photo or a scene."""
    match outcome:
        case Done():
            _record_done(connection, outcome, run_id)
        case Skipped():
            _record_skipped(connection, outcome)
        case Made():
            record_artifacts(connection, outcome.artifacts, run_id)
            if outcome.splat is not None:
                _record_splat(connection, outcome.splat)
            if outcome.scored is not None:
                record_scored(connection, outcome.scored)
        case Failed():
            _record_failed(connection, outcome, run_id)


def record_artifacts(
    connection: Connection, made: Iterable[ArtifactRecord], run_id: str | None
) -> None:
    """Record files made from photos and scenes; each replaces the row that has the same path."""
    for artifact in made:
        forget_artifacts(connection, [artifact])
        connection.execute(
            artifacts.insert().values(
                artifact_id=artifact.artifact_id,
                kind=artifact.kind,
                photo_id=artifact.photo_id,
                scene_id=artifact.scene_id,
                run_id=run_id,
                path=artifact.file.path,
                bytes=artifact.file.bytes,
                sha256=artifact.file.sha256,
                settings=artifact.settings,
                created_at=utc_now(),
            )
        )


def forget_artifacts(connection: Connection, made: Iterable[ArtifactRecord]) -> None:
    """Drop the rows of these files."""
    for artifact in made:
        connection.execute(artifacts.delete().where(artifacts.c.path == artifact.file.path))


def insert_failure(
    connection: Connection, photo_id: str, run_id: str | None, **columns: object
) -> None:
    """Record one more failure of a photo; its state does not change here."""
    count = sa.select(sa.func.count()).where(failures.c.photo_id == photo_id)
    attempt = (connection.scalar(count) or 0) + 1
    connection.execute(
        failures.insert().values(
            photo_id=photo_id, run_id=run_id, attempt=attempt, created_at=utc_now(), **columns
        )
    )


def _record_done(connection: Connection, done: Done, run_id: str | None) -> None:
    photo, scene = done.photo, done.scene
    for table in (artifacts, scene_flags, scenes):  # rows of an earlier run for the same scene
        connection.execute(table.delete().where(table.c.scene_id == scene.scene_id))
    connection.execute(
        scenes.insert().values(
            scene_id=scene.scene_id,
            photo_id=scene.photo_id,
            run_id=run_id,
            model=scene.model,
            model_fingerprint=scene.model_fingerprint,
            format=scene.format,
            quality=scene.quality,
            splat_path=scene.splat.path,
            splat_bytes=scene.splat.bytes,
            splat_sha256=scene.splat.sha256,
            gaussians=scene.gaussians,
            depth_near_m=scene.depth_near_m,
            depth_median_m=scene.depth_median_m,
            depth_far_m=scene.depth_far_m,
            depth_scale=scene.depth_scale,
            scale_source=scene.scale_source,
            decode_seconds=photo.seconds,
            predict_seconds=scene.predict_seconds,
            encode_seconds=scene.encode_seconds,
            user_focal_35mm=scene.user_focal_35mm,
            score=scene.score.score if scene.score else None,
            score_parts=scene.score.as_text() if scene.score else None,
            created_at=utc_now(),
            focal_px=photo.focal.px,
            focal_source=photo.focal.source,
            width=photo.view_size[0],
            height=photo.view_size[1],
        )
    )
    if scene.score is not None:
        record_scene_flags(connection, scene.scene_id, scene.score.flags)
    if photo.look is not None:
        record_photo_flags(connection, scene.photo_id, photo.look.flags)
    thumb = ArtifactRecord(scene.photo_id, "thumb", scene.photo_id, None, photo.thumb, None)
    record_artifacts(connection, (thumb, *done.artifacts), run_id)
    best = connection.scalar(best_scene(scene.photo_id))
    _update_photo(
        connection,
        scene.photo_id,
        state=PhotoState.DONE,
        reason=None,
        message=None,
        scene_id=best,
        score=score_of(best),
        thumb_path=photo.thumb.path,
        width=photo.width,
        height=photo.height,
        **focal_columns(photo.focal),
    )
    _record_meta(connection, scene.photo_id, photo.meta)
    if done.preview_failure is not None:
        _record_failed(connection, done.preview_failure, run_id)


def _record_skipped(connection: Connection, skipped: Skipped) -> None:
    photo_id = skipped.file.photo_id
    _update_photo(
        connection,
        photo_id,
        width=skipped.width,
        height=skipped.height,
        **(focal_columns(skipped.focal) if skipped.focal is not None else {}),
    )
    _record_meta(connection, photo_id, skipped.meta)
    _set_outcome(connection, photo_id, PhotoState.SKIPPED, skipped.reason, skipped.message)


def _record_failed(connection: Connection, failed: Failed, run_id: str | None) -> None:
    photo_id = failed.file.photo_id
    insert_failure(
        connection,
        photo_id,
        run_id,
        stage=failed.stage,
        model_fingerprint=failed.model_fingerprint,
        is_final=failed.is_final,
        reason=failed.reason,
        message=clean_text(failed.message),
        host=failed.host,
    )
    if not failed.is_final:
        return
    if failed.meta is not None:
        _record_meta(connection, photo_id, failed.meta)
    _set_outcome(connection, photo_id, PhotoState.FAILED, failed.reason, failed.message)


def _record_splat(connection: Connection, splat: NewSplat) -> None:
    connection.execute(
        scenes.update()
        .where(scenes.c.scene_id == splat.scene_id)
        .values(
            format=splat.format,
            quality=splat.quality,
            splat_path=splat.file.path,
            splat_bytes=splat.file.bytes,
            splat_sha256=splat.file.sha256,
            gaussians=splat.gaussians,
        )
    )


def _set_outcome(
    connection: Connection, photo_id: str, state: PhotoState, reason: str, message: str
) -> None:
    """Set the state of a photo without a scene; one that has a scene stays `done`."""
    connection.execute(
        photos.update()
        .where(photos.c.photo_id == photo_id, photos.c.scene_id.is_(None))
        .values(state=state, reason=reason, message=clean_text(message))
    )


def _record_meta(connection: Connection, photo_id: str, meta: PhotoMeta) -> None:
    """Record what a photo's metadata says, if no survey has.

    A survey may have read more: copies of the photo, with files of their own, may be found while
    its scene is made.
    """
    unread = photos.c.metadata_version.is_distinct_from(METADATA_VERSION)
    query = photos.update().where(photos.c.photo_id == photo_id, unread)
    recorded = connection.execute(query.values(**known_columns(meta_columns(meta))))
    if recorded.rowcount:
        refresh_texts(connection, [photo_id])


def _update_photo(connection: Connection, photo_id: str, **columns: object) -> None:
    connection.execute(photos.update().where(photos.c.photo_id == photo_id).values(**columns))
