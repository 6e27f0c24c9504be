"""Small copies of a photo for the depth prior to look at, and the filters it looks with.

Planes are float32 NumPy arrays, (height, width) or (height, width, channels).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from sharp_core.scene.colors import srgb_to_linear

Plane = npt.NDArray[np.float32]

ANALYSIS_AREA = 48_000  # pixels: objects keep their outline, and a pass over it takes milliseconds
DETAIL_AREA = 400_000  # pixels: enough for telling a sharp edge from a blurred one
_SMALLEST_SIDE = 8  # pixels: of a very long panorama, too, something is left to look at

# Linear sRGB to CIE XYZ (IEC 61966-2-1).
_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)


class PhotoPlanes(NamedTuple):
    """What the prior sees of a photo, in the photo's own aspect ratio."""

    lab: Plane  # (h, w, 3) CIE L*a*b* at the analysis size
    luma: Plane  # (H, W) L* / 100 at the detail size


def photo_planes(pixels: npt.NDArray[np.uint8]) -> PhotoPlanes:
    """Shrink sRGB `pixels` (height, width, 3) to the two working sizes."""
    detail = _shrink(pixels, DETAIL_AREA)
    return PhotoPlanes(
        lab=srgb_to_lab(_shrink(detail, ANALYSIS_AREA)), luma=srgb_to_lab(detail)[..., 0] / 100.0
    )


def _shrink(pixels: npt.NDArray[np.uint8], area: int) -> npt.NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    factor = min(1.0, (area / (height * width)) ** 0.5)
    size = (max(_SMALLEST_SIDE, round(width * factor)), max(_SMALLEST_SIDE, round(height * factor)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def srgb_to_lab(pixels: npt.NDArray[np.uint8]) -> Plane:
    """Convert sRGB (..., 3) to CIE 1976 L*a*b*, its white being sRGB's (D65)."""
    levels = torch.arange(256, dtype=torch.float32) / 255.0
    linear = srgb_to_linear(levels).numpy()[pixels]
    t = linear @ (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).T
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    fx, fy, fz = f[..., 0], f[..., 1], f[..., 2]
    return np.stack((116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)), axis=-1).astype(np.float32)


def rise(value: Plane | float, low: float, high: float) -> Plane:
    """Rise smoothly from 0 at `low` to 1 at `high`; fall if `low` is above `high`."""
    t = np.clip((np.asarray(value) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def blur(plane: Plane, sigma: float) -> Plane:
    """Gaussian blur of (H, W), the border repeated."""
    radius = max(1, round(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    height, width = plane.shape
    padded = np.pad(plane, radius, mode="edge")
    rows = np.zeros((height, padded.shape[1]), np.float32)
    for i, tap in enumerate(taps):
        rows += tap * padded[i : i + height]
    result = np.zeros_like(plane)
    for i, tap in enumerate(taps):
        result += tap * rows[:, i : i + width]
    return result


def gradient_magnitude(plane: Plane) -> Plane:
    """Length of the central-difference gradient of (H, W), a pixel."""
    down, across = np.gradient(plane)
    return np.asarray(np.hypot(across, down), np.float32)


def close_gaps(plane: Plane, radius: int) -> Plane:
    """Morphological closing of (h, w): raise valleys narrower than 2 radius + 1."""
    return -_highest(-_highest(plane, radius), radius)


def _highest(plane: Plane, radius: int) -> Plane:
    """Maximum of the square of 2 radius + 1 around each pixel."""
    for axis in (0, 1):
        pad = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(plane, pad, mode="edge"), 2 * radius + 1, axis
        )
        plane = windows.max(axis=-1)
    return plane


def smooth_within_edges(plane: Plane, lab: Plane, strength: float, tolerance: float) -> Plane:
    """Smooth (h, w) far and wide, but not across colour edges of `lab` (h, w, 3).

    The fast global smoother (Min et al. 2014): weighted least squares, solved along rows and
    columns in turn. `tolerance` is the colour step, in L*a*b*, that lowers the coupling by e.
    """
    across = np.exp(-np.linalg.norm(np.diff(lab, axis=1), axis=2) / tolerance)
    down = np.exp(-np.linalg.norm(np.diff(lab, axis=0), axis=2) / tolerance)
    rounds = 3
    for i in range(rounds):
        share = strength * 1.5 * 4 ** (rounds - 1 - i) / (4**rounds - 1)
        plane = _smooth_columns(plane.T, share * across.T).T
        plane = _smooth_columns(plane, share * down)
    return np.ascontiguousarray(plane, np.float32)


def _smooth_columns(plane: Plane, coupling: Plane) -> Plane:
    """Minimise sum (v - plane)^2 + coupling (v_i - v_i+1)^2 down each column.

    The system is tridiagonal: one pass down and one up solve it (Thomas's algorithm).
    """
    none = np.zeros_like(plane[:1])
    above, below = np.concatenate((none, coupling)), np.concatenate((coupling, none))
    ratios, result = np.empty_like(plane), np.empty_like(plane)
    ratio = value = none[0]
    for i, row in enumerate(plane):
        pivot = 1.0 + above[i] * (1.0 - ratio) + below[i]
        value = (row + above[i] * value) / pivot
        ratio = below[i] / pivot
        result[i], ratios[i] = value, ratio
    for i in range(len(plane) - 2, -1, -1):
        result[i] += ratios[i] * result[i + 1]
    return result
