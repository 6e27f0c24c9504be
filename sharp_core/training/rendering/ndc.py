"""Cameras that render Gaussians in NDC, before `ndc_to_metric`.

In NDC a point is (z x, z y, z) with x and y in [-1, 1] across the photo. A linear map T takes it to
the photo's camera axes in metres. Instead of stretching the Gaussians by T, which decomposes each
covariance, the view matrix of the target camera is multiplied by T. The result is the same, since a
renderer uses the 3x3 part of that matrix as a linear map of means and covariances.
"""

from __future__ import annotations

import numpy as np

from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.scene.cameras import Camera, Intrinsics, Matrix
from sharp_core.scene.gaussians import Gaussians


def ndc_to_camera(photo: Intrinsics) -> Matrix:
    """Return T as a (4, 4) matrix: from NDC to the camera axes of a photo, in metres.

    For a principal point at the photo's centre, T is diagonal.
    """
    matrix = np.eye(4)
    matrix[0, 0], matrix[0, 2] = photo.width / 2 / photo.fx, (photo.width / 2 - photo.cx) / photo.fx
    matrix[1, 1], matrix[1, 2] = (
        photo.height / 2 / photo.fy,
        (photo.height / 2 - photo.cy) / photo.fy,
    )
    return matrix


def ndc_camera(source: Camera, target: Camera) -> Camera:
    """Return the camera that renders `target`'s view of Gaussians in the NDC of `source`."""
    viewmat = target.viewmat @ np.linalg.inv(source.viewmat) @ ndc_to_camera(source.intrinsics)
    return Camera(target.intrinsics, viewmat)


def ndc_scene(ndc: NdcGaussians, index: int) -> Gaussians:
    """Return the Gaussians of photo `index` of a batch, still in NDC, for `render_views`."""
    return Gaussians(*(values[index] for values in ndc))
