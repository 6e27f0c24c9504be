import numpy as np
import pytest

from sharp_core.training.small import augment
from sharp_core.training.small.augment import AugmentSettings, augmented

ALWAYS = AugmentSettings(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
NEVER = AugmentSettings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def pixels():
    return np.random.default_rng(2).random((24, 40, 3), dtype=np.float32)


@pytest.mark.parametrize("settings", [ALWAYS, AugmentSettings()])
def test_changed_pixels_keep_shape_type_and_range(pixels, settings):
    for seed in range(8):
        changed = augmented(pixels, settings, np.random.default_rng(seed))
        assert changed.shape == pixels.shape
        assert changed.dtype == np.float32
        assert 0.0 <= changed.min() <= changed.max() <= 1.0


def test_the_same_seed_gives_the_same_pixels(pixels):
    one, other = (augmented(pixels, ALWAYS, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(one, other)


def test_without_changes_the_pixels_stay(pixels):
    assert np.array_equal(augmented(pixels, NEVER, np.random.default_rng(0)), pixels)


def test_blur_noise_and_jpeg_do_what_they_say(pixels):
    rng = np.random.default_rng(0)
    assert augment.blurred(pixels, 2.0).std() < 0.5 * pixels.std()
    flat = np.full_like(pixels, 0.5)
    assert augment.noisy(flat, 0.05, rng).std() == pytest.approx(0.05, rel=0.1)
    assert np.abs(augment.recompressed(flat, 50) - flat).max() < 2 / 255
    assert augment.darkened(flat, rng).mean() < 0.3
    assert augment.low_resolution(pixels, 0.5).shape == pixels.shape
