"""Find photos that show the same picture, whatever their size and compression.

Public collections share pictures, and series of one scene are common: a photo for validation must
not have a twin in training.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 24
# Correlation of small grey copies. Different photos of one kind of scene reach 0.8; copies and
# photos of a series lie above 0.95.
_MIN_CORRELATION = 0.93


def with_twins(photos: Sequence[Path], others: Sequence[Path]) -> set[Path]:
    """Return those of `photos` that have a near duplicate among `others`."""
    if not photos or not others:
        return set()
    alike = _small_copies(photos) @ _small_copies(others).T  # (photos, others)
    return {photo for photo, row in zip(photos, alike, strict=True) if row.max() > _MIN_CORRELATION}


def _small_copies(photos: Sequence[Path]) -> NDArray[np.float32]:
    """Return (N, 24 * 24) grey copies with mean 0 and length 1."""
    return np.stack([_small_copy(photo) for photo in photos])


def _small_copy(photo: Path) -> NDArray[np.float32]:
    with Image.open(photo) as image:
        image.draft("L", (2 * _SIDE, 2 * _SIDE))  # decode JPEG at a reduced size
        grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    values = np.asarray(grey, dtype=np.float32).ravel()
    values = values - values.mean()
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-6))
