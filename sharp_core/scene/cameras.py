"""Pinhole cameras: intrinsics in pixels, world-to-camera matrices, and look-at views.

Axes are those of `sharp_core.scene.conventions`: the world frame is the photo's camera frame,
x right, y down, z forward, in metres. The centre of the top left pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # cameras need no torch
    from sharp_core.scene.gaussians import Gaussians

Matrix = npt.NDArray[np.float64]

UP = (0.0, -1.0, 0.0)  # y points down

# The focus depth, as in the published tool: the 0.1 quantile of the scene's depth, and at least two
# metres. A nearer target would turn the camera too much for a small sideways step.
FOCUS_QUANTILE = 0.1
NEAREST_TARGET_M = 2.0


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera without distortion, in pixels. Raises ValueError for invalid numbers."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        numbers = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(number) for number in numbers) or min(self.fx, self.fy) <= 0:
            raise ValueError(f"focal length and principal point: {numbers} is no pinhole camera")
        if min(self.width, self.height) < 1:
            raise ValueError(f"image size: {self.width} x {self.height} pixels is not one")

    @staticmethod
    def of_photo(focal_px: float, width: int, height: int) -> Intrinsics:
        """Return the intrinsics of an upright photo. Its principal point is its centre."""
        return Intrinsics(focal_px, focal_px, width / 2, height / 2, width, height)

    def matrix(self) -> Matrix:
        """Return the (3, 3) matrix from camera coordinates to pixels."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], np.float64)

    def resized(self, width: int, height: int) -> Intrinsics:
        """Return the same view at another resolution."""
        x, y = width / self.width, height / self.height
        return Intrinsics(self.fx * x, self.fy * y, self.cx * x, self.cy * y, width, height)

    def magnified(self, zoom: float, left: float, top: float) -> Intrinsics:
        """Return a crop of 1 / `zoom` of each side, at the same resolution.

        `left` and `top` are the corner of the crop, as fractions of width and height.
        """
        return replace(
            self,
            fx=self.fx * zoom,
            fy=self.fy * zoom,
            cx=(self.cx - left * self.width) * zoom,
            cy=(self.cy - top * self.height) * zoom,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """One view of a scene: intrinsics and pose."""

    intrinsics: Intrinsics
    viewmat: Matrix  # (4, 4) world to camera, metres

    def __post_init__(self) -> None:
        if self.viewmat.shape != (4, 4) or not np.isfinite(self.viewmat).all():
            raise ValueError("viewmat: expected a finite (4, 4) matrix from world to camera")


def fit_long_side(intrinsics: Intrinsics, long_side: int) -> Intrinsics:
    """Return the view with a long side of at most `long_side` pixels and even sides.

    The view is never enlarged. Video with half the colour resolution (yuv420p) needs even sides.
    """
    share = min(1.0, long_side / max(intrinsics.width, intrinsics.height))
    return intrinsics.resized(
        max(2, 2 * round(intrinsics.width * share / 2)),
        max(2, 2 * round(intrinsics.height * share / 2)),
    )


def look_at(
    eye: tuple[float, float, float],
    target: tuple[float, float, float],
    up: tuple[float, float, float] = UP,
) -> Matrix:
    """Return the (4, 4) viewmat of a camera at `eye` that looks at `target`, all in metres.

    Raises ValueError if the direction or the roll of the camera is undetermined.
    """
    position = np.array(eye, np.float64)
    forward = _unit(np.array(target, np.float64) - position, f"an eye at {eye} is its own target")
    right = _unit(np.cross(forward, up), f"from {eye} the target {target} lies straight up or down")
    viewmat = np.eye(4)
    viewmat[:3, :3] = right, np.cross(forward, right), forward
    viewmat[:3, 3] = -viewmat[:3, :3] @ position
    return viewmat


def target_depth(gaussians: Gaussians) -> float:
    """Return the focus depth in metres: all views look at this point of the photo's optical axis.

    Raises ValueError if nothing lies in front of the camera.
    """
    from sharp_core.scene.gaussians import depth_quantiles

    (focus,) = depth_quantiles(gaussians, (FOCUS_QUANTILE,))
    return max(NEAREST_TARGET_M, focus)


def eye_viewmat(eye: tuple[float, float, float], target_m: float) -> Matrix:
    """Return the viewmat of a camera at `eye` that looks at (0, 0, `target_m`), in metres."""
    return look_at(eye, (0.0, 0.0, target_m))


def _unit(vector: Matrix, problem: str) -> Matrix:
    length = float(np.linalg.norm(vector))
    if length < 1e-9:
        raise ValueError(f"{problem}: no camera looks that way")
    return vector / length
