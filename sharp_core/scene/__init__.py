"""What a scene is: metric Gaussians, the cameras that look at them, colours and conventions.

Axes are x right, y down, z forward from the photo's camera, in metres; quaternions are w x y z;
colours are linear light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side, look_at
    from sharp_core.scene.colors import linear_to_srgb, srgb_to_linear
    from sharp_core.scene.gaussians import Gaussians, depth_quantiles

__all__ = [
    "Camera",
    "Gaussians",
    "Intrinsics",
    "depth_quantiles",
    "fit_long_side",
    "linear_to_srgb",
    "look_at",
    "srgb_to_linear",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "cameras": "Camera Intrinsics fit_long_side look_at",
            "colors": "linear_to_srgb srgb_to_linear",
            "gaussians": "Gaussians depth_quantiles",
        },
    )
