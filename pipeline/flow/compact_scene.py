"""A predicted scene on its way to the encoder, as small as its format allows.

Where scenes are stored as SOG, they are quantised where they were predicted, on the GPU if there is
one: 20 MB go to the encoder then instead of 66 MB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.formats.sog.planes import SogPlanes

if TYPE_CHECKING:  # a worker that encodes quantised scenes has no need of torch
    from sharp_core.scene.gaussians import Gaussians

Packed = npt.NDArray[np.float32]  # Gaussians.to_array()


class CompactScene(NamedTuple):
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
