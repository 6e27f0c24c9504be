from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from sharp_core.evaluation.metrics.ssim import ssim

RNG = np.random.default_rng(1)


def smooth(height: int, width: int) -> np.ndarray:
    """Return an image with structure at several scales."""
    y, x = np.mgrid[:height, :width][..., None] / 7
    waves = np.sin(np.array([0, 1, 2]) + x) + np.cos(y * [1, 0.5, 2]) + np.sin(x * y / 9)
    return (127 + 40 * waves).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(11, 11), (40, 31), (300, 20)])
@pytest.mark.parametrize("noise", [0, 5, 60])
def test_it_equals_torchmetrics_inside_the_image(size: tuple[int, int], noise: int) -> None:
    target = smooth(*size)
    rendered = (target + RNG.normal(0, noise, target.shape)).clip(0, 255).astype(np.uint8)
    one, other = (torch.from_numpy(i / 255.0).permute(2, 0, 1)[None] for i in (rendered, target))
    _, each = structural_similarity_index_measure(
        one, other, data_range=1.0, return_full_image=True
    )
    inside = each[..., 5:-5, 5:-5]  # torchmetrics also counts windows over a reflected border
    assert ssim(rendered, target) == pytest.approx(float(inside.mean()), abs=1e-9)


def test_equal_images_have_one_and_blur_and_noise_lower_it() -> None:
    target = smooth(60, 60)
    blurred = ((target.astype(int) + np.roll(target, 3, 1)) // 2).astype(np.uint8)
    noisy = (target + RNG.normal(0, 30, target.shape)).clip(0, 255).astype(np.uint8)
    assert ssim(target, target) == pytest.approx(1.0, abs=1e-12)
    assert ssim(blurred, target) < 0.99
    assert ssim(noisy, target) < 0.8


def test_an_image_smaller_than_the_window_is_refused() -> None:
    small = np.zeros((10, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 11 px, found 40 x 10"):
        ssim(small, small)
