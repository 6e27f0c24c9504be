"""Pictures whose depth anyone can tell, drawn for tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def noisy(image: npt.NDArray[np.float64], seed: int = 0) -> Pixels:
    """Add a sensor's noise."""
    noise = np.random.default_rng(seed).normal(0, 3, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def plain(height: int, width: int, level: int) -> Pixels:
    return np.full((height, width, 3), level, np.uint8)


def field_under_sky(height: int = 150, width: int = 200) -> Pixels:
    """Blue sky above, rough grass below the middle."""
    image = np.zeros((height, width, 3))
    image[:] = (120, 170, 235)
    grass = np.random.default_rng(1).normal(0, 12, (height, width, 1))
    image[height // 2 :] = (np.array((60, 120, 40)) + grass)[height // 2 :]
    return noisy(image)


def red_post_on_field(height: int = 150, width: int = 200) -> Pixels:
    """The same, and a red post that stands on the grass, a fifth of the width, in the middle."""
    image = field_under_sky(height, width).astype(np.float64)
    image[height // 4 : 4 * height // 5, 2 * width // 5 : 3 * width // 5] = (200, 30, 30)
    return noisy(image, 2)
