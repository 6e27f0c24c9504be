"""SSIM: structural similarity of two images. 1 for equal images; higher is better.

Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
The settings are those of that paper, since SHARP's paper does not state its own: a Gaussian window
of 11 x 11 with a standard deviation of 1.5 px, K1 = 0.01, K2 = 0.03, values in [0, 1], population
variances. Each channel counts by itself, and only windows inside the image count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sharp_core.evaluation.metrics.psnr import check_same_size
from sharp_core.scene.posed_picture import Pixels

WINDOW = 11
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2
_ROWS = 128  # of the result that are computed at once: a large image needs little memory

_Plane = npt.NDArray[np.float64]

_OFFSETS = np.arange(WINDOW) - WINDOW // 2
_WEIGHTS = np.exp(-(_OFFSETS**2) / (2 * _SIGMA**2))
_WEIGHTS /= _WEIGHTS.sum()


def ssim(rendered: Pixels, target: Pixels) -> float:
    """Return the mean SSIM of two 8-bit images (H, W, 3), over channels and windows.

    Raises ValueError if the sizes differ, or if an image is smaller than the window.
    """
    check_same_size(rendered, target)
    height, width = target.shape[:2]
    if min(height, width) < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW} px, found {width} x {height} px")
    total = 0.0
    inner = height - WINDOW + 1
    for top in range(0, inner, _ROWS):
        rows = slice(top, min(top + _ROWS, inner) + WINDOW - 1)
        for channel in range(3):
            one, other = (image[rows, :, channel] / 255.0 for image in (rendered, target))
            total += float(_similarity(one, other).sum())
    return float(total / (3 * inner * (width - WINDOW + 1)))


def _similarity(one: _Plane, other: _Plane) -> _Plane:
    """Return the SSIM of each window inside two planes."""
    mean_one, mean_other = _windowed(one), _windowed(other)
    product = mean_one * mean_other
    squares = mean_one**2 + mean_other**2
    covariance = _windowed(one * other) - product
    variances = _windowed(one**2 + other**2) - squares
    luminance = (2 * product + _C1) / (squares + _C1)
    structure = (2 * covariance + _C2) / (variances + _C2)
    found: _Plane = luminance * structure
    return found


def _windowed(plane: _Plane) -> _Plane:
    """Return the weighted mean of each window: (H, W) -> (H - 10, W - 10)."""
    height, width = plane.shape
    inner = height - WINDOW + 1
    rows = sum(weight * plane[i : i + inner] for i, weight in enumerate(_WEIGHTS))
    assert isinstance(rows, np.ndarray)
    inner = width - WINDOW + 1
    found = sum(weight * rows[:, i : i + inner] for i, weight in enumerate(_WEIGHTS))
    assert isinstance(found, np.ndarray)
    return found
