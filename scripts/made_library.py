"""A made-up library of any size: the rows of `made_catalog`, with previews and exports."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from copied_rows import copy_photos, note_originals, note_texts
from made_catalog import BASE, EXPORTS, PREVIEW_BYTES, PREVIEWS, names, rows_of

from pipeline.catalog.photo_texts import add_missing_texts
from pipeline.catalog.writer import CatalogWriter
from pipeline.exports.exported import Exported
from pipeline.exports.registry import kind_named
from pipeline.exports.target import ExportTarget
from pipeline.scenes.previews import artifact_id_of, settings_text
from pipeline.store.layout import PreviewPath
from schemas.choices import PreviewKind
from schemas.records import ArtifactRecord, StoredFile
from schemas.tables import artifacts, scenes, utc_now


def grow(writer: CatalogWriter, target: ExportTarget, start: int, stop: int) -> None:
    """Add photos from number `start` to `stop`; done ones have a thumbnail, a clip, an export."""
    connection = writer.connection
    if start == 0:
        with connection.begin():
            for table, named in names().items():
                connection.execute(table.insert(), named)
    if start < BASE:
        with connection.begin():
            rows = rows_of(range(start, min(stop, BASE)))
            made = (_made_of(row, target) for row in rows[scenes])
            rows[artifacts] += [row for pair in made for row in pair]
            for table, found in rows.items():
                columns = dict.fromkeys(name for row in found for name in row)
                if found:
                    connection.execute(table.insert(), [{**columns, **row} for row in found])
            add_missing_texts(connection)
    with connection.begin():
        note_originals(connection, BASE)
    for shift in range(BASE, stop, BASE):
        if shift >= start:
            with connection.begin():
                copy_photos(connection, shift, stop)
    with connection.begin():
        note_texts(connection)
    if connection.dialect.name == "postgresql":
        with writer.engine.connect() as other:
            other.execution_options(isolation_level="AUTOCOMMIT")
            other.execute(sa.text("VACUUM ANALYZE"))


def hurry(writer: CatalogWriter) -> None:
    """Keep what is being made in memory, and wait for no disk."""
    if writer.connection.dialect.name == "sqlite":
        for pragma in ("cache_size=-2000000", "synchronous=OFF"):
            writer.connection.exec_driver_sql(f"PRAGMA {pragma}")
        writer.connection.rollback()


def _made_of(scene: dict[str, Any], target: ExportTarget) -> list[dict[str, Any]]:
    """Return the rows of a scene's clip and of its export."""
    scene_id, photo_id = scene["scene_id"], scene["photo_id"]
    clip = ArtifactRecord(
        artifact_id_of(scene_id, PreviewKind.CLIP, PREVIEWS),
        *(PreviewKind.CLIP, photo_id, scene_id),
        StoredFile(PreviewPath(scene_id, "clip", "mp4").path, PREVIEW_BYTES, "0" * 64),
        settings_text(PreviewKind.CLIP, PREVIEWS),
    )
    name = f"IMG_{scene_id}"
    exported = Exported(
        *(f"{name}.ply", "ply", photo_id, scene_id, 66_000_000, "0" * 64),
        *(json.loads(kind_named("ply").settings_text(EXPORTS)), {}, "{stem}", name, 1),
    ).artifact(target)
    return [
        {
            "artifact_id": one.artifact_id,
            "kind": one.kind,
            "photo_id": photo_id,
            "scene_id": scene_id,
            "path": one.file.path,
            "bytes": one.file.bytes,
            "sha256": one.file.sha256,
            "settings": one.settings,
            "created_at": utc_now(),
        }
        for one in (clip, exported)
    ]
