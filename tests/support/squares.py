"""Points on a square grid, as views see a wall."""

from __future__ import annotations

import numpy as np


def squares(side: int) -> np.ndarray:
    """Return `side` * `side` points (N, 3) in pixels, one apart."""
    x, y = np.meshgrid(np.arange(float(side)), np.arange(float(side)))
    return np.stack([x.ravel(), y.ravel(), np.zeros(side * side)], axis=1)
