"""OpenCV's fisheye camera: pictures without its distortion.

A ray at the angle theta from the axis lands at theta_d = theta (1 + k1 theta^2 + k2 theta^4 +
k3 theta^6 + k4 theta^8) (J. Kannala and S. Brandt, 2006). The undistorted camera is the one that
OpenCV chooses with balance 0, as the tools of ScanNet++ do: it is filled by the picture up to the
middles of its sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses

from sharp_core.evaluation.datasets.files import read_picture, unreadable
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.posed_picture import Pixels

_Values = npt.NDArray[np.float64]
_ROUNDS = 20  # of Newton's method

Distortion = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FisheyeImage:
    """An image file of a fisheye camera, read as that of a pinhole camera."""

    path: Path
    stored: Intrinsics
    distortion: Distortion
    wanted: Intrinsics

    def read(self) -> Pixels:
        """Return the undistorted picture; black where it has nothing. Raises PhotoError."""
        pixels = read_picture(self.path)
        size = (self.stored.height, self.stored.width)
        if pixels.shape[:2] != size:
            raise unreadable(
                self.path,
                f"{pixels.shape[1]} x {pixels.shape[0]} px, and its camera has "
                f"{size[1]} x {size[0]} px",
            )
        return undistorted(pixels, self.stored, self.distortion, self.wanted)


def undistorted(
    pixels: Pixels, stored: Intrinsics, distortion: Distortion, wanted: Intrinsics
) -> Pixels:
    """Return what a pinhole camera `wanted` would have taken, by bilinear interpolation."""
    x = (np.arange(wanted.width) + 0.5 - wanted.cx) / wanted.fx
    y = (np.arange(wanted.height) + 0.5 - wanted.cy) / wanted.fy
    across, down = np.meshgrid(x, y)
    columns, rows = distorted(across, down, stored, distortion)
    grid = np.stack((2 * columns / stored.width - 1, 2 * rows / stored.height - 1), axis=-1)
    source = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    found = F.grid_sample(
        source, torch.from_numpy(grid)[None].float(), mode="bilinear", align_corners=False
    )
    return found[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()


def distorted(
    x: _Values, y: _Values, camera: Intrinsics, distortion: Distortion
) -> tuple[_Values, _Values]:
    """Return the pixels (columns, rows) of the rays (x, y, 1)."""
    radius = np.hypot(x, y)
    theta = np.arctan(radius)
    factor = np.where(radius > 1e-9, _bent(theta, distortion) / np.maximum(radius, 1e-9), 1.0)
    return camera.fx * factor * x + camera.cx, camera.fy * factor * y + camera.cy


def filled_camera(camera: Intrinsics, distortion: Distortion) -> Intrinsics:
    """Return the pinhole camera of the same size that the picture fills.

    Raises ValueError where the sides see farther than a pinhole camera can.
    """
    width, height = camera.width, camera.height
    columns = np.array([width / 2, width, width / 2, 0.0])  # the middles of the sides
    rows = np.array([0.0, height / 2, height, height / 2])
    x, y = _rays(columns, rows, camera, distortion)
    aspect = camera.fx / camera.fy
    y = y * aspect
    center_x, center_y = x.mean(), y.mean()
    focal = max(
        0.5 * width / (center_x - x.min()),
        0.5 * width / (x.max() - center_x),
        0.5 * height * aspect / (center_y - y.min()),
        0.5 * height * aspect / (y.max() - center_y),
    )
    return Intrinsics(
        float(focal),
        float(focal / aspect),
        float(width / 2 - center_x * focal),
        float(height / 2 - center_y * focal / aspect),
        width,
        height,
    )


def _rays(
    columns: _Values, rows: _Values, camera: Intrinsics, distortion: Distortion
) -> tuple[_Values, _Values]:
    """Undo `distorted`."""
    x, y = (columns - camera.cx) / camera.fx, (rows - camera.cy) / camera.fy
    bent = np.hypot(x, y)
    theta = bent.copy()
    for _ in range(_ROUNDS):
        theta -= (_bent(theta, distortion) - bent) / _slope(theta, distortion)
    if not ((theta >= 0) & (theta < np.pi / 2)).all():
        raise ValueError("the fisheye camera sees more than 180 degrees")
    factor = np.where(bent > 1e-9, np.tan(theta) / np.maximum(bent, 1e-9), 1.0)
    return x * factor, y * factor


def _bent(theta: _Values, distortion: Distortion) -> _Values:
    k1, k2, k3, k4 = distortion
    t = theta**2
    bent: _Values = theta * (1 + t * (k1 + t * (k2 + t * (k3 + t * k4))))
    return bent


def _slope(theta: _Values, distortion: Distortion) -> _Values:
    k1, k2, k3, k4 = distortion
    t = theta**2
    slope: _Values = 1 + t * (3 * k1 + t * (5 * k2 + t * (7 * k3 + t * 9 * k4)))
    return slope
