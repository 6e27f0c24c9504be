from dataclasses import replace

import numpy as np
import pytest
import torch

from sharp_core.training.small.augment import AugmentSettings
from sharp_core.training.small.data import (
    BatchShape,
    DataSettings,
    StepBatches,
    batches,
    crop_box,
    percentile_scaled,
    random_pairs,
)
from sharp_core.training.small.photos import find_photos
from sharp_core.training.small.scenes import Sample

PLAIN = AugmentSettings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SHAPES = (BatchShape(64, 64, 4, 0.5), BatchShape(64, 96, 2, 0.5))
SETTINGS = DataSettings(shapes=SHAPES, augment=PLAIN)


class FlatScenes:
    """Scenes of one colour whose depth is a ramp."""

    def sample(self, height, width, rng):
        ramp = np.tile(np.linspace(0, 1, width // 2, dtype=np.float32), (height // 2, 1))
        pixels = np.full((height, width, 3), rng.random(), np.float32)
        return Sample(pixels, ramp, np.zeros((height // 2, width // 2), np.uint8))


@pytest.fixture
def data(photo_folder):
    return StepBatches(find_photos(photo_folder).training, FlatScenes(), SETTINGS)


def same(one, other):
    return torch.equal(one.pictures, other.pictures) and torch.equal(
        one.targets.inverse_depth, other.targets.inverse_depth
    )


def test_a_batch_depends_on_its_step_alone(data):
    first, second = data[3], data[4]
    assert same(data[3], first)
    assert not same(first, second)


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_come_in_the_order_of_steps(data, workers):
    for step, batch in zip(range(2, 5), batches(data, 2, 5, workers=workers), strict=True):
        assert same(batch, data[step])


def test_pictures_and_targets_fit_and_scenes_come_last(data):
    for step in range(6):
        batch = data[step]
        count, _, height, width = batch.pictures.shape
        assert BatchShape(height, width, count, 0.5) in SHAPES
        half = (count, height // 2, width // 2)
        targets = batch.targets
        assert targets.inverse_depth.shape == targets.classes.shape == targets.mask.shape == half
        scenes = round(0.25 * count)
        assert targets.exact.tolist() == [False] * (count - scenes) + [True] * scenes


def test_crops_and_mirrors_keep_picture_and_label_together(data):
    """The made photos are brighter where they are nearer, whatever is cut or mirrored."""
    for step in range(4):
        batch = data[step]
        for picture, depth, exact in zip(
            batch.pictures, batch.targets.inverse_depth, batch.targets.exact, strict=True
        ):
            if not exact:
                grey = torch.nn.functional.avg_pool2d(picture[None], 2)[0].mean(dim=0)
                both = torch.stack([grey.flatten(), depth.flatten()])
                assert torch.corrcoef(both)[0, 1] > 0.98


def test_each_photo_has_its_turn_in_a_pass(photo_folder):
    photos = find_photos(photo_folder).training
    settings = replace(SETTINGS, shapes=(BatchShape(64, 64, 4, 1.0),), procedural=0.0)
    data = StepBatches(photos, None, settings)
    slots = range(data.slots * data.steps_per_pass)
    turns = [data._photo(*divmod(slot, data.slots)) for slot in slots][: len(photos)]
    assert set(turns) == set(photos)


@pytest.mark.parametrize(("width", "height"), [(352, 469), (481, 321), (352, 352)])
def test_crops_stay_in_the_photo_at_about_the_shapes_aspect(width, height):
    rng = np.random.default_rng(0)
    for _ in range(50):
        left, top, right, bottom = crop_box(width, height, SHAPES[1], SETTINGS, rng)
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        stretch = (right - left) / (bottom - top) / 1.5
        assert abs(np.log(stretch)) <= SETTINGS.stretch + 1e-6


def test_pairs_are_pixels_of_the_output_and_half_of_them_close():
    pairs = random_pairs(SHAPES[1], 400, np.random.default_rng(0))
    assert pairs.shape == (2, 2, 400)
    assert 0 <= pairs.min() <= pairs.max() < 32 * 48
    rows, columns = np.divmod(pairs, 48)
    distance = np.hypot(*(np.diff(part, axis=1)[:, 0] for part in (rows, columns)))
    assert distance[:, :200].mean() < 8 < distance[:, 200:].mean()


def test_percentiles_become_0_and_1_and_flat_maps_stay_flat():
    values = np.random.default_rng(0).normal(5, 3, (40, 40)).astype(np.float32)
    scaled = percentile_scaled(values)
    np.testing.assert_allclose(np.percentile(scaled, [2, 98]), [0, 1], atol=1e-5)
    assert np.ptp(percentile_scaled(0.001 * scaled)) < 0.1
