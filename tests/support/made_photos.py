"""Photos made for a test: small, all different, quick to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def make_photo(path: Path, seed: int = 0, size: tuple[int, int] = (320, 256)) -> Path:
    """Write a JPEG of smooth colours that depend on `seed`."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    small = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    small.resize(size, Image.Resampling.BICUBIC).save(path, "JPEG", quality=80)
    return path


def make_photos(folder: Path, count: int) -> list[Path]:
    """Write `count` different photos."""
    return [make_photo(folder / f"photo{index:03d}.jpg", index) for index in range(count)]
