"""Predicted Gaussians -> a compact scene, where they were predicted: on the GPU if there is one."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.flow.compact_scene import CompactScene
from pipeline.scenes.write import options_of
from schemas.records import DecodedPhoto
from schemas.settings import SplatSettings
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.bundle import SogOptions
from sharp_core.formats.sog.write import prepare_sog
from sharp_core.scene.depth_scale import scaled_by_depth
from sharp_core.scene.gaussians import COLUMNS, Gaussians, depth_quantiles

_USUAL_GAUSSIANS = 2 * 768 * 768
_SOG_BYTES = 17  # a Gaussian
_DEPTHS = (0.01, 0.5, 0.99)


class Compactor(NamedTuple):
    """How scenes are made compact."""

    splat: SplatSettings
    keep_floats: bool = False  # since something else than the splat is made of them

    @property
    def usual_bytes(self) -> int:
        """What a scene of the model `sharp` takes."""
        return _USUAL_GAUSSIANS * (_SOG_BYTES if self._sog() else 4 * COLUMNS)

    def compact(self, scene: Gaussians, photo: DecodedPhoto, info: SceneInfo) -> CompactScene:
        """Correct a predicted scene by the photo's own depth and make it small.

        Works on the device of the Gaussians. Raises ValueError if they make no sense.
        """
        scene.check()
        scene, depth_scale = scaled_by_depth(scene, photo.depth_m)
        near, median, far = depth_quantiles(scene, _DEPTHS)
        options = self._sog()
        content = prepare_sog(scene, info, options) if options else scene.to_array()
        return CompactScene(content, len(scene), near, median, far, depth_scale)

    def _sog(self) -> SogOptions | None:
        options = options_of(self.splat)
        return options if isinstance(options, SogOptions) and not self.keep_floats else None
