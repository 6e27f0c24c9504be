from __future__ import annotations

import numpy as np
import pytest

from sharp_core.formats.sog import bundle
from sharp_core.formats.sog.webp import encode


def mixture(noisy_rows: int) -> np.ndarray:
    """Return an image of one colour, and of noise in its last rows."""
    image = np.full((320, 320, 3), 7, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (noisy_rows, 320, 3))
    image[320 - noisy_rows :] = noise
    return image


@pytest.mark.parametrize(
    ("image", "by_libwebp"),
    [(mixture(320), False), (mixture(160), False), (mixture(32), True), (mixture(320)[:9], True)],
    ids=["noise", "half noise", "mostly one colour", "small"],
)
def test_images_that_repeat_and_small_ones_are_written_by_libwebp(
    image: np.ndarray, by_libwebp: bool
) -> None:
    ours = encode.encode_webp(image.copy())
    assert (bundle._webp("scales.webp", image.copy()) != ours) is by_libwebp
