"""PSNR: peak signal-to-noise ratio of two images, in dB. Higher is better."""

from __future__ import annotations

import math

import numpy as np

from sharp_core.scene.posed_picture import Pixels

# For images that hardly differ or are equal, whose PSNR would be infinite.
BEST_PSNR_DB = 100.0


def psnr(rendered: Pixels, target: Pixels) -> float:
    """Return the PSNR in dB over all pixels and channels of two 8-bit images (H, W, 3).

    -10 log10(mean squared error), with values in [0, 1]. Raises ValueError if the sizes differ.
    """
    check_same_size(rendered, target)
    error = 0.0
    for one, other in zip(rendered, target, strict=True):  # by row: it needs little memory
        error += float(np.square(one.astype(np.float64) - other).sum())
    error /= target.size * 255.0**2
    return min(BEST_PSNR_DB, -10 * math.log10(error)) if error else BEST_PSNR_DB


def check_same_size(rendered: Pixels, target: Pixels) -> None:
    """Raise ValueError unless both are 8-bit RGB images of the same size."""
    for image in (rendered, target):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"expected an 8-bit RGB image, found {image.dtype} {image.shape}")
    if rendered.shape != target.shape:
        raise ValueError(f"images of {rendered.shape[:2]} and {target.shape[:2]} (rows, columns)")
