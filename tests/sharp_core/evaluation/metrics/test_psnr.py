from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sharp_core.evaluation.metrics.psnr import BEST_PSNR_DB, psnr
from tests.support.paths import PHOTOS


def test_a_hand_computed_case() -> None:
    target = np.zeros((4, 5, 3), np.uint8)
    rendered = target.copy()
    rendered[0, 0, 0] = 51  # 0.2 of the range: a mean squared error of 0.04 / 60
    assert psnr(rendered, target) == pytest.approx(-10 * np.log10(0.04 / 60), abs=1e-12)


def test_it_is_symmetric_and_equal_images_have_the_best_value() -> None:
    a, b = np.random.default_rng(0).integers(0, 256, (2, 9, 8, 3), np.uint8)
    assert psnr(a, b) == psnr(b, a)
    assert psnr(a, a) == BEST_PSNR_DB


@pytest.mark.parametrize(
    "other",
    [np.zeros((4, 6, 3), np.uint8), np.zeros((4, 5), np.uint8), np.zeros((4, 5, 3), np.float32)],
)
def test_it_refuses_what_cannot_be_compared(other: np.ndarray) -> None:
    with pytest.raises(ValueError, match="image"):
        psnr(other, np.zeros((4, 5, 3), np.uint8))


@pytest.mark.parametrize(
    "name", ["GOPR0042.JPG", "coffee.png", "mongolels.jpg", "el torcal rocks.jpg"]
)
def test_a_shift_hurts_nearly_as_much_as_the_mean_picture(name: str) -> None:
    """Table 2 of SHARP's paper: why PSNR alone does not judge a sharp picture.

    There a shift of 1 % gives 11.2 dB, and the mean picture 10.7 dB. These photos are softer, so
    that it takes 5 %.
    """
    with Image.open(PHOTOS / name) as image:
        photo = np.asarray(image.convert("RGB"))
    mean = np.full_like(photo, photo.mean(axis=(0, 1)).round().astype(np.uint8))
    values = []
    for share in (0.001, 0.01, 0.05):
        pixels = max(1, round(share * photo.shape[1]))
        values.append(psnr(photo[:, pixels:], photo[:, :-pixels]))
    assert values == sorted(values, reverse=True)
    assert values[-1] < psnr(mean, photo) + 2
