"""The last stage: a scene -> a stored splat, its record, and previews while it is in memory."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import PackedScene
from pipeline.flow.scene_id import scene_id_of
from pipeline.scenes.scene_info import info_of
from pipeline.scenes.write import SceneWriter
from pipeline.work.failures import failed
from pipeline.work.time_limit import time_limit
from schemas.errors import OutOfTime, RunError
from schemas.execution_settings import StageLimits
from schemas.outcomes import Done, Failed, Stage
from schemas.quality import SceneScore
from schemas.records import ArtifactRecord, DecodedPhoto, SceneRecord
from schemas.settings import PhotoSettings
from sharp_core.formats.entry import PreparedScene
from sharp_core.formats.scene import SceneInfo

if TYPE_CHECKING:  # a worker that encodes prepared scenes does not need torch
    from sharp_core.scene.gaussians import Gaussians

_LIMITS = StageLimits()
_logger = logging.getLogger(__name__)


class PreviewMaker(Protocol):
    """Makes previews of a scene that is in memory."""

    @property
    def name(self) -> Stage:
        """The stage under which its failures are recorded."""
        ...

    def of_gaussians(
        self, photo_id: str, scene_id: str, gaussians: Gaussians, info: SceneInfo
    ) -> tuple[ArtifactRecord, ...]:
        """Return the stored previews. Raises PhotoError, RunError."""
        ...


@dataclass(frozen=True, slots=True)
class EncodeStage:
    """A scene -> a stored splat and its record."""

    model: ResolvedModel
    settings: PhotoSettings
    writer: SceneWriter
    previews: PreviewMaker | None = None
    limit_s: float = _LIMITS.encode_s

    def process(self, photo: DecodedPhoto, scene: PackedScene, seconds: float) -> Done | Failed:
        """Store the scene; `seconds` is what its prediction took."""
        try:
            with time_limit(self.limit_s):
                return self._encode(photo, scene, seconds)
        except OutOfTime as error:
            return failed(photo.file, Stage.ENCODE, error, photo.meta, self.model.fingerprint)

    def _encode(self, photo: DecodedPhoto, scene: PackedScene, seconds: float) -> Done | Failed:
        started = time.perf_counter()
        file = photo.file
        try:
            scene_id = scene_id_of(
                file.photo_id,
                file.media_type,
                self.model.fingerprint,
                self.settings,
                photo.user_focal_35mm,
                is_sphere=photo.sphere is not None,
            )
            content = scene.content
            splat = self.writer.write(
                scene_id,
                content if isinstance(content, PreparedScene) else scene.to_gaussians(),
                info_of(photo),
            )
        except RunError:
            raise
        except Exception as error:
            return failed(file, Stage.ENCODE, error, photo.meta, self.model.fingerprint)
        record = SceneRecord(
            scene_id=scene_id,
            photo_id=file.photo_id,
            model=self.model.name,
            model_fingerprint=self.model.fingerprint,
            format=self.writer.format,
            quality=self.writer.quality,
            splat=splat,
            gaussians=scene.gaussians,
            depth_near_m=scene.depth_near_m,
            depth_median_m=scene.depth_median_m,
            depth_far_m=scene.depth_far_m,
            depth_scale=scene.depth_scale,
            scale_source=scene.scale_source,
            predict_seconds=seconds,
            encode_seconds=time.perf_counter() - started,
            user_focal_35mm=photo.user_focal_35mm,
            score=self._score(photo, scene),
        )
        if photo.look is not None:  # what the catalog needs goes back to the driver, and no more
            photo = replace(photo, look=photo.look.without_picture())
        if self.previews is None:
            return Done(photo, record)
        made = self._make_previews(self.previews, photo, record, scene)
        if isinstance(made, Failed):
            return Done(photo, record, preview_failure=made)
        return Done(photo, record, made)

    def _score(self, photo: DecodedPhoto, scene: PackedScene) -> SceneScore | None:
        """Score the scene. A scene that cannot be scored is not a failure of the photo."""
        if photo.look is None or scene.coarse is None:
            return None
        from sharp_core.quality.score import score_of_scene  # numba takes a while to import

        try:
            return score_of_scene(scene.coarse, photo.look, photo.focal.px, photo.width)
        except Exception as error:
            _logger.warning("no score for the scene of %s: %s", photo.file.path, error)
            return None

    def _make_previews(
        self, previews: PreviewMaker, photo: DecodedPhoto, record: SceneRecord, scene: PackedScene
    ) -> tuple[ArtifactRecord, ...] | Failed:
        """Make previews while the scene is in memory.

        Their failure is not the photo's: the scene is stored, and `preview` tries again.
        """
        try:
            gaussians = scene.to_gaussians()
            return previews.of_gaussians(
                record.photo_id, record.scene_id, gaussians, info_of(photo)
            )
        except RunError:
            raise
        except (Exception, OutOfTime) as error:
            return failed(photo.file, previews.name, error)
