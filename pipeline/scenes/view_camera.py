"""The cameras that look at a scene as its photo's camera did, or from a little beside it."""

from __future__ import annotations

from pipeline.scenes.read import UNKNOWN_PHOTO, intrinsics_of
from sharp_core.formats.scene import SceneInfo
from sharp_core.scene.cameras import Camera, eye_viewmat, fit_long_side, target_depth
from sharp_core.scene.gaussians import Gaussians


def view_camera(
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    *,
    eye: tuple[float, float, float] = (0.0, 0.0, 0.0),
    long_side: int | None = None,
) -> Camera:
    """Return a camera with the photo's field of view, at `eye`, that looks at the scene's focus.

    `eye` is in metres from the photo's camera: x right, y down, z forward. The picture has at most
    `long_side` pixels, by default the photo's. Without `info` the field of view is 60 degrees.
    Raises ValueError where nothing of the scene lies in front of the camera.
    """
    intrinsics = intrinsics_of(info or UNKNOWN_PHOTO)
    if long_side is not None:
        intrinsics = fit_long_side(intrinsics, long_side)
    return Camera(intrinsics, eye_viewmat(eye, target_depth(gaussians)))
