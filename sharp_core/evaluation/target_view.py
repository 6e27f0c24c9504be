"""What a scene shows to the camera of a target picture.

A predictor takes the centre of its photo as principal point, and one focal length. The real source
camera may differ, as those of stereo data sets do. So the scene, in the predictor's camera, passes
through K_source^-1 K_predictor first, which keeps depths; then through the relative pose. The
result is a view matrix whose 3 x 3 part need not be a rotation: renderers take it for means and
covariances alike.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sharp_core.scene.cameras import Camera, Intrinsics, Matrix


def assumed_intrinsics(source: Intrinsics) -> Intrinsics:
    """Return the camera that a predictor takes the source for: centred, with square pixels."""
    return Intrinsics.of_photo(source.fx, source.width, source.height)


def to_source_camera(source: Intrinsics) -> Matrix:
    """Return (4, 4), from a predicted scene's frame to the real camera of the source picture."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.linalg.inv(source.matrix()) @ assumed_intrinsics(source).matrix()
    return matrix


def target_camera(source: Camera, target: Camera, scale: float = 1.0) -> Camera:
    """Return the camera that renders a predicted scene, enlarged `scale` times, as the target.

    Instead of the scene, the distance between the cameras is divided by the scale: the picture is
    the same.
    """
    relative = target.viewmat @ np.linalg.inv(source.viewmat)
    relative[:3, 3] /= scale
    return Camera(target.intrinsics, relative @ to_source_camera(source.intrinsics))


def source_camera(source: Camera, long_side: int) -> Camera:
    """Return the camera that renders a predicted scene as the source picture, resized."""
    intrinsics = source.intrinsics
    share = min(1.0, long_side / max(intrinsics.width, intrinsics.height))
    size = (max(1, round(side * share)) for side in (intrinsics.width, intrinsics.height))
    return Camera(intrinsics.resized(*size), to_source_camera(intrinsics))


def distance_m(source: Camera, target: Camera) -> float:
    """Return the distance between the centres of two cameras."""
    first, second = (
        -camera.viewmat[:3, :3].T @ camera.viewmat[:3, 3] for camera in (source, target)
    )
    return float(np.linalg.norm(first - second))


def moved(camera: Camera, x_px: float, y_px: float) -> Camera:
    """Return a camera whose picture shows everything `x_px` farther right, `y_px` farther down."""
    intrinsics = camera.intrinsics
    return Camera(
        replace(intrinsics, cx=intrinsics.cx + x_px, cy=intrinsics.cy + y_px), camera.viewmat
    )
