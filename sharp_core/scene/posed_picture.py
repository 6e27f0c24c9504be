"""`PosedPicture`: a picture, the camera that took it and, where it is known, its depth.

Training and evaluation take these records, whatever the data set. Axes, units and pixel centres are
those of `sharp_core.scene.conventions`; all pictures of one place share a world frame in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sharp_core.scene.cameras import Camera

Pixels = npt.NDArray[np.uint8]
Depth = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PosedPicture:
    """One picture of a place. Raises ValueError if its parts differ in size."""

    image: Pixels  # (H, W, 3) sRGB
    camera: Camera
    depth_m: Depth | None = None  # (H, W) along the camera's axis; NaN where it is not known

    def __post_init__(self) -> None:
        size = (self.camera.intrinsics.height, self.camera.intrinsics.width)
        if self.image.shape != (*size, 3) or self.image.dtype != np.uint8:
            raise ValueError(
                f"image: expected 8-bit RGB of {size[1]} x {size[0]} pixels as its camera has, "
                f"found {self.image.dtype} {self.image.shape}"
            )
        if self.depth_m is not None and self.depth_m.shape != size:
            raise ValueError(
                f"depth: expected {size[0]} rows and {size[1]} columns, found {self.depth_m.shape}"
            )
