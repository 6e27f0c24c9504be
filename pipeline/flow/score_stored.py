"""Stored scenes that have no score yet -> their scores, and flags of their photos."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.quality import unscored
from pipeline.catalog.query import find_scenes
from pipeline.catalog.scenes import scene_files
from pipeline.decode.decode import decode
from pipeline.flow.photo_look import Pixels, look_at_photo
from pipeline.metadata.read import read_metadata
from pipeline.scan.read_file import read_unchanged
from pipeline.scenes.read import read_stored, unviewable_scene_errors
from pipeline.store.layout import ThumbnailPath
from pipeline.store.store import Store
from pipeline.work.failures import failed
from schemas.errors import PhotoError, RunError
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.outcomes import Failed, Made, SceneScored, Stage
from schemas.reasons import FailureReason
from schemas.records import PhotoFile, PhotoLook, PhotoMeta, SceneFile
from sharp_core.quality.coarse_scene import coarse_scene
from sharp_core.quality.score import score_of_scene


@dataclass(frozen=True, slots=True)
class ScoreStage:
    """Stored scene -> its score, as the run that makes a scene gives it."""

    store: Store
    full_raw: bool = False
    name: Stage = Stage.SCORE
    limit_s: float = SCENE_LIMIT_S
    cores: int = 1
    gpus: float = 0.0

    def process(self, scene: SceneFile) -> Made | Failed:
        """Score one scene. Raises RunError."""
        started = time.perf_counter()
        try:
            look, has_photo = self._look(scene.photo)
            gaussians = read_stored(self.store, scene.splat_path).gaussians
            with unviewable_scene_errors():
                score = score_of_scene(coarse_scene(gaussians), look, scene.focal_px, scene.width)
        except RunError:
            raise
        except Exception as error:
            return failed(scene.photo, self.name, error)
        photo_id = scene.photo.photo_id
        scored = SceneScored(scene.scene_id, photo_id, score, look.flags if has_photo else None)
        return Made(scene.photo, (), time.perf_counter() - started, scored=scored)

    def _look(self, photo: PhotoFile) -> tuple[PhotoLook, bool]:
        """Return the look of a photo, and whether its file is there; else its thumbnail serves."""
        try:
            data = read_unchanged(photo)
            meta = read_metadata(data, photo.media_type)
            pixels = decode(data, photo.media_type, meta.orientation, full_raw=self.full_raw)
            return look_at_photo(photo, meta, pixels), True
        except PhotoError:
            return replace(look_at_photo(photo, PhotoMeta(), self._thumbnail(photo))), False

    def _thumbnail(self, photo: PhotoFile) -> Pixels:
        try:
            data = self.store.read_bytes(ThumbnailPath(photo.photo_id).path)
        except FileNotFoundError as error:
            raise PhotoError(
                FailureReason.UNREADABLE, "the photo and its thumbnail are both gone"
            ) from error
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def due_scores(
    connection: Connection, filters: Filters, *, again: bool
) -> tuple[list[SceneFile], int]:
    """Return the selected scenes to score, and how many of them have a score.

    `again` takes those with a score as well.
    """
    selected = [found.scene_id for found in find_scenes(connection, filters)]
    lacking = unscored(connection, again=again)
    due = [scene_id for scene_id in selected if scene_id in lacking]
    return list(scene_files(connection, due)), len(selected) - len(due)
