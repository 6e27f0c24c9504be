"""A predicted scene on its way to the encoder, as small as its format allows.

Scenes that are stored as SOG are quantised where they were predicted, on the GPU if there is one:
20 MB go to the encoder then instead of 66 MB.

torch is imported only where Gaussians are handled: a worker that encodes quantised scenes does not
need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.scenes.write import options_of
from schemas.records import DecodedPhoto
from schemas.settings import SplatSettings
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.planes import SogPlanes
from sharp_core.formats.sog.settings import SogOptions

if TYPE_CHECKING:
    from sharp_core.scene.gaussians import Gaussians

Packed = npt.NDArray[np.float32]  # Gaussians.to_array()

_USUAL_GAUSSIANS = 2 * 768 * 768
_SOG_BYTES = 17  # a Gaussian
_DEPTHS = (0.01, 0.5, 0.99)


class PackedScene(NamedTuple):
    """What the encoder needs of a scene."""

    content: SogPlanes | Packed
    gaussians: int
    depth_near_m: float
    depth_median_m: float
    depth_far_m: float
    depth_scale: float | None  # by which the photo's own depth has corrected the scene

    def to_gaussians(self) -> Gaussians:
        """Return the scene as it was predicted. Raises TypeError if it has been quantised."""
        if isinstance(self.content, SogPlanes):
            raise TypeError("a quantised scene has no Gaussians any more")
        from sharp_core.scene.gaussians import Gaussians

        return Gaussians.from_array(self.content)


class ScenePacker(NamedTuple):
    """How scenes are packed."""

    splat: SplatSettings
    keep_floats: bool = False  # the encoder makes more than the splat of them, as previews

    @property
    def usual_bytes(self) -> int:
        """What a scene of the model `sharp` takes."""
        from sharp_core.scene.gaussians import COLUMNS

        return _USUAL_GAUSSIANS * (_SOG_BYTES if self._sog() else 4 * COLUMNS)

    def pack(self, scene: Gaussians, photo: DecodedPhoto, info: SceneInfo) -> PackedScene:
        """Correct a predicted scene by the photo's own depth and make it small.

        Works on the device of the Gaussians. Raises ValueError if they are not finite.
        """
        from sharp_core.formats.sog.write import prepare_sog
        from sharp_core.scene.depth_scale import align_scale_to_depth
        from sharp_core.scene.gaussians import depth_quantiles

        scene.check()
        scene, depth_scale = align_scale_to_depth(scene, photo.depth_m)
        near, median, far = depth_quantiles(scene, _DEPTHS)
        options = self._sog()
        content = prepare_sog(scene, info, options) if options else scene.to_array()
        return PackedScene(content, len(scene), near, median, far, depth_scale)

    def _sog(self) -> SogOptions | None:
        options = options_of(self.splat)
        return options if isinstance(options, SogOptions) and not self.keep_floats else None
