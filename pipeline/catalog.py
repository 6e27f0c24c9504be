"""The catalog as a run sees it: what is known, and every write.

One thread owns a catalog. Each outcome is one transaction: what was finished stays, whatever
happens next.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from pipeline.catalog_text import clean_text, offset_text, path_text
from schemas.errors import FailureReason, SkipReason
from schemas.records import (
    ArtifactRecord,
    Done,
    Failed,
    Made,
    NewSplat,
    Outcome,
    PhotoFile,
    PhotoMeta,
    PhotoState,
    Skipped,
    UnderWay,
)
from schemas.settings import ModelName
from schemas.tables import (
    artifacts,
    failures,
    photo_paths,
    photos,
    runs,
    scenes,
    utc_now,
)

PATH_SKIPS = (SkipReason.HIDDEN, SkipReason.EXCLUDED)  # reasons that lie in the path alone
_VARIABLES = 500  # values in one IN list, well below every database's limit
_MODEL_RANK = sa.case(
    {model.value: rank for rank, model in enumerate(ModelName)}, value=scenes.c.model, else_=99
)


class Catalog:
    """An open catalog. Use as a context manager, from one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.connection: Connection = engine.connect()
        self.is_changed = False  # by what this run found or made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()
        self.engine.dispose()

    def begin_run(self, run_id: str, command: str, settings: dict[str, object]) -> None:
        """Record that a run has started.

        Runs that never ended are marked `failed`; the photos that their processes were at when
        they died are counted as having crashed.
        """
        with self.connection.begin():
            dead = sa.select(runs).where(runs.c.state == "running")
            for run in self.connection.execute(dead).all():
                for photo_id in json.loads(run.under_way or "[]"):
                    self._insert_failure(
                        photo_id,
                        run.run_id,
                        stage="run",
                        model_fingerprint=None,
                        is_final=False,
                        reason=FailureReason.WORKER_LOST,
                        message="the run's process died while it was at this photo",
                        host=run.host,
                    )
            self.connection.execute(
                runs.update().where(runs.c.state == "running").values(state="failed")
            )
            self.connection.execute(
                runs.insert().values(
                    run_id=run_id,
                    command=command,
                    state="running",
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    settings=json.dumps(settings),
                    started_at=utc_now(),
                )
            )

    def end_run(self, run_id: str, state: str, **counts: float) -> None:
        """Record how a run ended: `finished`, `interrupted` or `failed`, with its counts."""
        with self.connection.begin():
            self.connection.execute(
                runs.update()
                .where(runs.c.run_id == run_id)
                .values(state=state, finished_at=utc_now(), under_way=None, **counts)
            )

    def add_found(self, found: Iterable[tuple[PhotoFile, SkipReason | None]]) -> None:
        """Record files that are new or changed: a photo is `due` from the moment it is known."""
        rows = list(found)
        if not rows:
            return
        self.is_changed = True
        now = utc_now()
        with self.connection.begin():
            self._insert_missing(
                photos,
                [
                    {
                        "photo_id": file.photo_id,
                        "state": PhotoState.SKIPPED if skip else PhotoState.DUE,
                        "reason": skip,
                        "media_type": file.media_type,
                        "bytes": file.size,
                        "found_at": now,
                    }
                    for file, skip in rows
                ],
            )
            eligible = [file.photo_id for file, skip in rows if skip is None]
            # A photo first met in a hidden folder, and now in the open, is due.
            for chunk in _chunks(eligible):
                self.connection.execute(
                    photos.update()
                    .where(photos.c.photo_id.in_(chunk), photos.c.reason.in_(PATH_SKIPS))
                    .values(state=PhotoState.DUE, reason=None)
                )
            paths = [
                {
                    "path": path_text(file.path),
                    "photo_id": file.photo_id,
                    "bytes": file.size,
                    "mtime_ns": file.mtime_ns,
                    "skip_reason": skip,
                    "missing_at": None,
                }
                for file, skip in rows
            ]
            for chunk in _chunks([path_text(file.path) for file, _ in rows]):
                self.connection.execute(photo_paths.delete().where(photo_paths.c.path.in_(chunk)))
            self.connection.execute(photo_paths.insert(), paths)

    def settle(self) -> None:
        """Bring photos in line with their paths, after files came, went and changed.

        A photo without a scene whose files are all gone or changed is forgotten; one whose files
        are all left alone now is skipped.
        """
        has_path = sa.exists().where(
            photo_paths.c.photo_id == photos.c.photo_id, photo_paths.c.missing_at.is_(None)
        )
        has_open_path = has_path.where(photo_paths.c.skip_reason.is_(None))
        with self.connection.begin():
            lonely = sa.select(photos.c.photo_id).where(photos.c.scene_id.is_(None), ~has_path)
            for chunk in _chunks(list(self.connection.scalars(lonely))):
                for table in (failures, photo_paths, photos):
                    self.connection.execute(table.delete().where(table.c.photo_id.in_(chunk)))
            reason = (
                sa.select(photo_paths.c.skip_reason)
                .where(photo_paths.c.photo_id == photos.c.photo_id)
                .limit(1)
                .scalar_subquery()
            )
            self.connection.execute(
                photos.update()
                .where(photos.c.scene_id.is_(None), ~has_open_path)
                .values(state=PhotoState.SKIPPED, reason=reason, message=None)
            )

    def set_skips(self, changed: Iterable[tuple[str, SkipReason | None]]) -> None:
        """Record paths of known photos that are left alone now, or no longer."""
        with self.connection.begin():
            for path, skip in changed:
                self.is_changed = True
                self.connection.execute(
                    photo_paths.update().where(photo_paths.c.path == path).values(skip_reason=skip)
                )
                if skip is None:
                    photo_id = sa.select(photo_paths.c.photo_id).where(photo_paths.c.path == path)
                    self.connection.execute(
                        photos.update()
                        .where(
                            photos.c.photo_id == photo_id.scalar_subquery(),
                            photos.c.reason.in_(PATH_SKIPS),
                        )
                        .values(state=PhotoState.DUE, reason=None)
                    )

    def mark_missing(self, gone: Iterable[str], back: Iterable[str]) -> None:
        """Record paths whose files have disappeared, and paths that are there again."""
        with self.connection.begin():
            for paths, value in ((gone, utc_now()), (back, None)):
                for chunk in _chunks(list(paths)):
                    self.is_changed = True
                    self.connection.execute(
                        photo_paths.update()
                        .where(
                            photo_paths.c.path.in_(chunk),
                            photo_paths.c.missing_at.is_(None)
                            if value
                            else photo_paths.c.missing_at.is_not(None),
                        )
                        .values(missing_at=value)
                    )

    def record(self, outcome: Outcome, run_id: str | None) -> None:
        """Record what became of a photo, in one transaction."""
        if isinstance(outcome, UnderWay):
            self._record_under_way(outcome, run_id)
            return
        self.is_changed = True
        with self.connection.begin():
            match outcome:
                case Done():
                    self._record_done(outcome, run_id)
                case Skipped():
                    self._update_photo(
                        outcome.file.photo_id,
                        width=outcome.width,
                        height=outcome.height,
                        **_meta_columns(outcome.meta),
                    )
                    self._set_outcome(
                        outcome.file.photo_id, PhotoState.SKIPPED, outcome.reason, outcome.message
                    )
                case Made():
                    self._record_artifacts(outcome.artifacts, run_id)
                    if outcome.splat is not None:
                        self._record_splat(outcome.splat)
                case Failed():
                    self._record_failed(outcome, run_id)

    def record_known(self, made: Iterable[ArtifactRecord], run_id: str) -> None:
        """Record files that were there already."""
        known = list(made)
        if known:
            self.is_changed = True
            with self.connection.begin():
                self._record_artifacts(known, run_id)

    def forget(self, made: Iterable[ArtifactRecord]) -> None:
        """Drop the rows of files that did not come to be."""
        with self.connection.begin():
            for artifact in made:
                self.connection.execute(
                    artifacts.delete().where(artifacts.c.path == artifact.file.path)
                )

    def _record_done(self, done: Done, run_id: str | None) -> None:
        photo, scene = done.photo, done.scene
        sized = {
            "width": photo.width,
            "height": photo.height,
            "focal_px": photo.focal.px,
            "focal_source": photo.focal.source,
        }
        for table in (artifacts, scenes):  # of the same scene, made before
            self.connection.execute(table.delete().where(table.c.scene_id == scene.scene_id))
        self.connection.execute(
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
                decode_seconds=photo.seconds,
                predict_seconds=scene.predict_seconds,
                encode_seconds=scene.encode_seconds,
                created_at=utc_now(),
                **sized,
            )
        )
        thumb = ArtifactRecord(scene.photo_id, "thumb", scene.photo_id, None, photo.thumb, None)
        self._record_artifacts((thumb, *done.artifacts), run_id)
        self._update_photo(
            scene.photo_id,
            state=PhotoState.DONE,
            reason=None,
            message=None,
            scene_id=self.connection.scalar(best_scene(scene.photo_id)),
            thumb_path=photo.thumb.path,
            focal_warning=photo.focal.warning,
            **sized,
            **_meta_columns(photo.meta),
        )

    def _record_under_way(self, under_way: UnderWay, run_id: str | None) -> None:
        photo_ids = json.dumps([file.photo_id for file in under_way.files])
        with self.connection.begin():
            self.connection.execute(
                runs.update().where(runs.c.run_id == run_id).values(under_way=photo_ids)
            )

    def _record_splat(self, splat: NewSplat) -> None:
        self.connection.execute(
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

    def _record_failed(self, failed: Failed, run_id: str | None) -> None:
        photo_id = failed.file.photo_id
        self._insert_failure(
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
            self._update_photo(photo_id, **_meta_columns(failed.meta))
        self._set_outcome(photo_id, PhotoState.FAILED, failed.reason, failed.message)

    def _insert_failure(self, photo_id: str, run_id: str | None, **columns: object) -> None:
        count = sa.select(sa.func.count()).where(failures.c.photo_id == photo_id)
        attempt = (self.connection.scalar(count) or 0) + 1
        self.connection.execute(
            failures.insert().values(
                photo_id=photo_id, run_id=run_id, attempt=attempt, created_at=utc_now(), **columns
            )
        )

    def _set_outcome(self, photo_id: str, state: PhotoState, reason: str, message: str) -> None:
        """Set the state of a photo without a scene; one that has a scene stays `done`."""
        self.connection.execute(
            photos.update()
            .where(photos.c.photo_id == photo_id, photos.c.scene_id.is_(None))
            .values(state=state, reason=reason, message=clean_text(message))
        )

    def _record_artifacts(self, made: Iterable[ArtifactRecord], run_id: str | None) -> None:
        for artifact in made:
            self.connection.execute(
                artifacts.delete().where(artifacts.c.path == artifact.file.path)
            )
            self.connection.execute(
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

    def _update_photo(self, photo_id: str, **columns: object) -> None:
        self.connection.execute(
            photos.update().where(photos.c.photo_id == photo_id).values(**columns)
        )

    def _insert_missing(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert the rows whose primary key is not there yet; the first of equal ones counts."""
        key = next(iter(table.primary_key.columns))
        unique = {row[key.name]: row for row in reversed(rows)}
        there: set[str] = set()
        for chunk in _chunks(list(unique)):
            there.update(self.connection.scalars(sa.select(key).where(key.in_(chunk))))
        new = [row for name, row in unique.items() if name not in there]
        if new:
            self.connection.execute(table.insert(), new)


def best_scene(photo_id: str) -> sa.Select[tuple[str]]:
    """Return the statement for the scene that a photo shows: the best model's, then the newest."""
    best = sa.select(scenes.c.scene_id).where(scenes.c.photo_id == photo_id)
    return best.order_by(_MODEL_RANK, scenes.c.created_at.desc()).limit(1)


def _meta_columns(meta: PhotoMeta) -> dict[str, object]:
    utc: datetime | None = None
    if meta.taken_at is not None and meta.taken_at_offset is not None:
        utc = meta.taken_at - meta.taken_at_offset
    return {
        "orientation": meta.orientation,
        "focal_mm": meta.focal.focal_mm,
        "focal_35mm": meta.focal.focal_35mm,
        "taken_at": meta.taken_at,
        "taken_at_offset": offset_text(meta.taken_at_offset),
        "taken_at_utc": utc,
        "camera_make": clean_text(meta.camera_make),
        "camera_model": clean_text(meta.camera_model),
        "lens_model": clean_text(meta.lens_model),
        "latitude": meta.latitude,
        "longitude": meta.longitude,
        "altitude_m": meta.altitude_m,
    }


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + _VARIABLES] for start in range(0, len(items), _VARIABLES))
