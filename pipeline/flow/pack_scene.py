"""A predicted scene on its way to the encoder, as small as its format allows.

A format that quantises does so where the scene was predicted, on the GPU if there is one: as SOG,
20 MB go to the encoder instead of 66 MB.

torch is imported only where Gaussians are handled: a worker that encodes prepared scenes does not
need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.scenes.write import options_of
from schemas.records import RECORDED_DEPTHS, DecodedPhoto, ScaleSource
from schemas.settings import SplatSettings
from sharp_core.formats.registry import FORMATS, PreparedScene, prepare_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.quality.coarse_scene import CoarseScene, coarse_bytes, coarse_scene
from sharp_core.scene.conventions import COLUMNS

if TYPE_CHECKING:
    from sharp_core.scene.gaussians import Gaussians

Floats = npt.NDArray[np.float32]  # Gaussians.to_array()


class PackedScene(NamedTuple):
    """What the encoder needs of a scene."""

    content: PreparedScene | Floats
    gaussians: int
    depth_near_m: float
    depth_median_m: float
    depth_far_m: float
    depth_scale: float | None  # by which the photo's own depth has corrected the scene
    scale_source: ScaleSource
    coarse: CoarseScene | None = None  # for its score, if that is asked for

    def to_gaussians(self) -> Gaussians:
        """Return the scene as it was predicted. Raises TypeError if it has been prepared."""
        if isinstance(self.content, PreparedScene):
            raise TypeError("a prepared scene has no Gaussians any more")
        from sharp_core.scene.gaussians import Gaussians

        return Gaussians.from_array(self.content)


class ScenePacker(NamedTuple):
    """How scenes are packed."""

    splat: SplatSettings
    keep_floats: bool = False  # the encoder makes more than the splat of them, as previews

    def usual_bytes(self, gaussians: int) -> int:
        """Return what a packed scene of so many Gaussians takes."""
        preparation = None if self.keep_floats else FORMATS.get(self.splat.format).preparation
        each = 4 * COLUMNS if preparation is None else preparation.bytes_per_gaussian
        return round(gaussians * each) + coarse_bytes(gaussians)

    def pack(
        self,
        scene: Gaussians,
        photo: DecodedPhoto,
        info: SceneInfo,
        scale_source: ScaleSource = ScaleSource.MODEL,
    ) -> PackedScene:
        """Correct a predicted scene by the photo's own depth and make it small.

        Works on the device of the Gaussians. Raises ValueError if they are not finite.
        """
        from sharp_core.scene.depth_scale import align_scale_to_depth
        from sharp_core.scene.gaussians import depth_quantiles, distance_quantiles

        scene.check()
        scene, depth_scale = align_scale_to_depth(scene, photo.depth_m)
        quantiles = distance_quantiles if info.is_360 else depth_quantiles
        near, median, far = quantiles(scene, RECORDED_DEPTHS)
        prepared = self._prepared(scene, info)
        content = scene.to_array() if prepared is None else prepared
        if depth_scale is not None:
            scale_source = ScaleSource.DEPTH_MAP
        coarse = coarse_scene(scene) if photo.look is not None else None
        return PackedScene(
            content, len(scene), near, median, far, depth_scale, scale_source, coarse
        )

    def _prepared(self, scene: Gaussians, info: SceneInfo) -> PreparedScene | None:
        if self.keep_floats:
            return None
        return prepare_scene(scene, info, self.splat.format, options_of(self.splat))
