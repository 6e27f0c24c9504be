"""Stereo pairs of known depth, and the spatial photos made of them."""

from __future__ import annotations

import functools
import io

import numpy as np
from PIL import Image

from sharp_core.containers.heif_camera import StereoCamera
from sharp_core.spatial.heic_write import write_spatial_heic

CAMERA = StereoCamera(focal_share=0.8, baseline_m=0.063, disparity=0.02)
EXIF = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
WIDTH, HEIGHT = 640, 480


def textured(width: int, height: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


@functools.cache
def pair(width: int = WIDTH, height: int = HEIGHT) -> tuple[np.ndarray, np.ndarray]:
    """Return a wall that lies a fiftieth of the width farther right in the left picture."""
    wall = textured(width + 64, height)
    return wall[:, 32 : 32 + width].copy(), wall[:, 32 + width // 50 :][:, :width].copy()


@functools.cache
def spatial(swapped: bool = False) -> bytes:
    left, right = pair()
    file = io.BytesIO()
    eyes = (right, left) if swapped else (left, right)
    write_spatial_heic(file, *eyes, CAMERA, quality=70, exif=EXIF)
    return file.getvalue()
