"""The best new scenes of a night, with a small picture and a small clip of each for its report."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.engine import Connection

from pipeline.catalog.query import paths_of
from pipeline.catalog.scenes import scene_files
from pipeline.store.layout import ThumbnailPath
from pipeline.store.store import Store
from pipeline.work.stop import Stop
from schemas.context_tables import photo_flags, scene_flags
from schemas.errors import SharpBatchError
from schemas.quality import WITHOUT_DEPTH
from schemas.records import SceneFile
from schemas.tables import photos, scenes

MOST_SHOWN = 10
_logger = logging.getLogger(__name__)
_PICTURE_SIDE = 480  # pixels: ten pictures and clips are about 2 MB of a page
_CLIP_SIDE = 384
_CLIP_SECONDS, _CLIP_FPS = 2.0, 15  # some 3 s of one core
_CLIP_SUFFIX = ".mp4"
_CORES = 2


@dataclass(frozen=True, slots=True)
class BestScene:
    """A scene that was made in a night, as its report names it."""

    scene_id: str
    photo_id: str
    name: str  # of the photo's file
    score: float
    taken_at: datetime | None


class SceneMedia(NamedTuple):
    """A picture and a clip of a scene; None where there is none."""

    picture: bytes | None  # JPEG
    clip: bytes | None  # MP4


def find_best(
    connection: Connection, run_ids: Collection[str], limit: int = MOST_SHOWN
) -> list[BestScene]:
    """Return the scenes of some runs with the best scores, one of each moment.

    Those without depth are left out, whatever their score.
    """
    no_depth = [str(flag) for flag in WITHOUT_DEPTH]
    flagged = sa.select(photo_flags.c.photo_id).where(photo_flags.c.flag.in_(no_depth))
    flat = sa.select(scene_flags.c.scene_id).where(scene_flags.c.flag.in_(no_depth))
    columns = (scenes.c.scene_id, scenes.c.photo_id, scenes.c.score)
    statement = (
        sa.select(*columns, photos.c.taken_at, photos.c.group_id)
        .join(photos, photos.c.scene_id == scenes.c.scene_id)
        .where(
            scenes.c.run_id.in_(run_ids),
            scenes.c.score.is_not(None),
            photos.c.photo_id.not_in(flagged),
            scenes.c.scene_id.not_in(flat),
        )
        .order_by(scenes.c.score.desc(), scenes.c.scene_id)
    )
    chosen: list[Any] = []
    groups: set[str] = set()
    for row in connection.execute(statement):
        if row.group_id is None or row.group_id not in groups:
            chosen.append(row)
            groups.add(row.group_id or "")
        if len(chosen) == limit:
            break
    paths = paths_of(connection, [row.photo_id for row in chosen])
    return [
        BestScene(
            row.scene_id,
            row.photo_id,
            PurePath(next(iter(paths.get(row.photo_id, ())), row.photo_id[:8])).name,
            row.score,
            row.taken_at,
        )
        for row in chosen
    ]


def make_media(
    connection: Connection, store: Store, best: Sequence[BestScene], stop: Stop
) -> dict[str, SceneMedia]:
    """Return a picture and a clip for each scene, by scene_id; no more clips once `stop` is late.

    What cannot be made is left out: the report goes on without it.
    """
    media = {}
    files = scene_files(connection, [one.scene_id for one in best])
    for one, file in zip(best, files, strict=True):
        clip = None if stop.is_asked else _clip(store, file)
        media[one.scene_id] = SceneMedia(_picture(store, one.photo_id), clip)
    return media


def _picture(store: Store, photo_id: str) -> bytes | None:
    try:
        content = store.read_bytes(ThumbnailPath(photo_id).path)
        image = Image.open(io.BytesIO(content)).convert("RGB")
    except (OSError, SharpBatchError):
        return None
    image.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def _clip(store: Store, scene: SceneFile) -> bytes | None:
    # Imported here: torch and numba take seconds, and many nights make nothing.
    from pipeline.scenes.read import read_stored
    from pipeline.scenes.views import SceneRenders
    from sharp_core.formats.scene import SceneInfo
    from sharp_core.views.clips import ClipSettings

    info = SceneInfo(scene.focal_px, scene.width, scene.height)
    views = SceneRenders(lambda: read_stored(store, scene.splat_path).gaussians, info, _CORES)
    try:
        return views.clip(
            _CLIP_SUFFIX, ClipSettings(long_side=_CLIP_SIDE, seconds=_CLIP_SECONDS, fps=_CLIP_FPS)
        )
    except Exception as error:  # the report is worth more than one of its clips
        _logger.warning("no clip of the scene %s for the report: %s", scene.scene_id, error)
        return None
