"""Writes outcomes to the catalog: scenes, failures, skips, and files made from scenes.

Each function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.best_scene import best_scene, score_of
from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.photo_columns import (
    FOCAL_COLUMNS,
    KEY,
    focal_columns,
    known_columns,
    meta_columns,
    update_by_key,
)
from pipeline.catalog.photo_texts import refresh_texts
from pipeline.catalog.quality import record_photo_flags, record_scene_flags, record_scored
from pipeline.catalog.text import clean_text
from schemas.context import METADATA_VERSION
from schemas.context_tables import scene_flags
from schemas.outcomes import Done, Failed, Made, NewSplat, Skipped
from schemas.records import ArtifactRecord, PhotoMeta, PhotoState
from schemas.tables import artifacts, failures, photos, scenes, utc_now

_OWN_OF_DONE = ("thumb_path", "width", "height")
_OF_DONE = (*_OWN_OF_DONE, *FOCAL_COLUMNS)


def record_all(
    connection: Connection, outcomes: Iterable[Done | Made | Skipped | Failed], run_id: str | None
) -> None:
    """Record the outcomes of photos and scenes, in their order.

    Scenes that follow each other are recorded by one statement for each table.
    """
    for kind, group in groupby(outcomes, type):
        if kind is Done:
            for dones in _of_different_photos(cast("Iterable[Done]", group)):
                _record_done(connection, dones, run_id)
        else:
            for outcome in group:
                _record_other(connection, cast("Made | Skipped | Failed", outcome), run_id)


def _of_different_photos(dones: Iterable[Done]) -> Iterator[list[Done]]:
    group: dict[str, Done] = {}
    for done in dones:
        if done.scene.photo_id in group:
            yield list(group.values())
            group = {}
        group[done.scene.photo_id] = done
    yield list(group.values())


def _record_other(
    connection: Connection, outcome: Made | Skipped | Failed, run_id: str | None
) -> None:
    match outcome:
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
    latest = {artifact.file.path: artifact for artifact in made}
    forget_artifacts(connection, latest.values())
    now = utc_now()
    rows = [
        {
            "artifact_id": artifact.artifact_id,
            "kind": artifact.kind,
            "photo_id": artifact.photo_id,
            "scene_id": artifact.scene_id,
            "run_id": run_id,
            "path": path,
            "bytes": artifact.file.bytes,
            "sha256": artifact.file.sha256,
            "settings": artifact.settings,
            "created_at": now,
        }
        for path, artifact in latest.items()
    ]
    if rows:
        connection.execute(artifacts.insert(), rows)


def forget_artifacts(connection: Connection, made: Iterable[ArtifactRecord]) -> None:
    """Drop the rows of these files."""
    for chunk in in_groups(artifact.file.path for artifact in made):
        connection.execute(artifacts.delete().where(artifacts.c.path.in_(chunk)))


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


def _record_done(connection: Connection, dones: Sequence[Done], run_id: str | None) -> None:
    """Record scenes of different photos."""
    for chunk in in_groups(done.scene.scene_id for done in dones):
        for table in (artifacts, scene_flags, scenes):  # rows of an earlier run for the same scene
            connection.execute(table.delete().where(table.c.scene_id.in_(chunk)))
    now = utc_now()
    connection.execute(scenes.insert(), [_scene_row(done, run_id, now) for done in dones])
    scored = {done.scene.scene_id: done.scene.score.flags for done in dones if done.scene.score}
    record_scene_flags(connection, scored)
    looks = {done.scene.photo_id: done.photo.look.flags for done in dones if done.photo.look}
    record_photo_flags(connection, looks)
    record_artifacts(connection, chain.from_iterable(map(_artifacts_of, dones)), run_id)
    connection.execute(_update_of_done(), [_photo_values(done) for done in dones])
    _record_unread_metas(connection, {done.scene.photo_id: done.photo.meta for done in dones})
    for done in dones:
        if done.preview_failure is not None:
            _record_failed(connection, done.preview_failure, run_id)


def _scene_row(done: Done, run_id: str | None, now: datetime) -> dict[str, object]:
    photo, scene = done.photo, done.scene
    return {
        "scene_id": scene.scene_id,
        "photo_id": scene.photo_id,
        "run_id": run_id,
        "model": scene.model,
        "model_fingerprint": scene.model_fingerprint,
        "format": scene.format,
        "quality": scene.quality,
        "splat_path": scene.splat.path,
        "splat_bytes": scene.splat.bytes,
        "splat_sha256": scene.splat.sha256,
        "gaussians": scene.gaussians,
        "depth_near_m": scene.depth_near_m,
        "depth_median_m": scene.depth_median_m,
        "depth_far_m": scene.depth_far_m,
        "depth_scale": scene.depth_scale,
        "scale_source": scene.scale_source,
        "decode_seconds": photo.seconds,
        "predict_seconds": scene.predict_seconds,
        "encode_seconds": scene.encode_seconds,
        "user_focal_35mm": scene.user_focal_35mm,
        "score": scene.score.score if scene.score else None,
        "score_parts": scene.score.as_text() if scene.score else None,
        "created_at": now,
        "focal_px": photo.focal.px,
        "focal_source": photo.focal.source,
        "width": photo.view_size[0],
        "height": photo.view_size[1],
    }


def _artifacts_of(done: Done) -> tuple[ArtifactRecord, ...]:
    photo_id = done.scene.photo_id
    thumb = ArtifactRecord(photo_id, "thumb", photo_id, None, done.photo.thumb, None)
    return (thumb, *done.artifacts)


def _update_of_done() -> sa.Update:
    """Return the statement for photos that are done: each shows the best of its scenes."""
    best = best_scene(sa.bindparam(KEY)).scalar_subquery()
    return update_by_key(
        _OF_DONE,
        state=PhotoState.DONE,
        reason=None,
        message=None,
        scene_id=best,
        score=score_of(best),
    )


def _photo_values(done: Done) -> dict[str, object]:
    photo = done.photo
    own = (photo.thumb.path, photo.width, photo.height)
    return {
        KEY: done.scene.photo_id,
        **dict(zip(_OWN_OF_DONE, own, strict=True)),
        **focal_columns(photo.focal),
    }


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
    _record_unread_metas(connection, {photo_id: meta})


def _record_unread_metas(connection: Connection, metas: Mapping[str, PhotoMeta]) -> None:
    """Record what photos' metadata says, of those that no survey has read.

    A survey may have read more: copies of the photo, with files of their own, may be found while
    its scene is made.
    """
    is_unread = photos.c.metadata_version.is_distinct_from(METADATA_VERSION)
    unread: list[str] = []
    for chunk in in_groups(metas):
        query = sa.select(photos.c.photo_id).where(photos.c.photo_id.in_(chunk), is_unread)
        unread += connection.scalars(query)
    rows: defaultdict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
    for photo_id in unread:
        values = known_columns(meta_columns(metas[photo_id]))
        rows[tuple(values)].append({KEY: photo_id, **values})
    for names, some in rows.items():
        connection.execute(update_by_key(names), some)
    refresh_texts(connection, unread)


def _update_photo(connection: Connection, photo_id: str, **columns: object) -> None:
    connection.execute(photos.update().where(photos.c.photo_id == photo_id).values(**columns))
