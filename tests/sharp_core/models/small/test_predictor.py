"""The bundled network, from a photo to a scene."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from sharp_core.models.interface import PredictorInput
from sharp_core.models.small.entry import SMALL
from sharp_core.models.small.predictor import SmallPredictor
from sharp_core.models.small.weights import BUNDLED
from sharp_core.scene.gaussians import Gaussians
from tests.support.paths import PHOTOS

CELLS = 96


@pytest.fixture(scope="module")
def predictor() -> SmallPredictor:
    return SmallPredictor(cells=CELLS)


def rocks() -> PredictorInput:
    """Return rocks in front of a blue sky."""
    with Image.open(PHOTOS / "el torcal rocks.jpg") as image:
        image.thumbnail((800, 800))
        return PredictorInput(np.array(image.convert("RGB")), 700.0)


def visible_depth(scene: Gaussians) -> torch.Tensor:
    return scene.means[: CELLS * CELLS, 2].view(CELLS, CELLS)


def test_the_fingerprint_names_the_bundled_weights() -> None:
    digest = hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    assert SMALL.fingerprint == f"small-8-{digest[:12]}"


def test_the_weights_take_at_most_8_megabytes() -> None:
    assert BUNDLED.stat().st_size <= 8_000_000


def test_the_sky_is_infinitely_far_and_the_rocks_are_near(predictor: SmallPredictor) -> None:
    (scene,) = predictor.predict([rocks()])
    scene.check()
    depth = visible_depth(scene)
    sky, ground = depth[5, 15:50], depth[-12:]
    assert sky.median() > 80 * depth.min()
    assert ground.median() < 10 * depth.min()


@pytest.mark.parametrize("size", [(300, 40), (40, 300), (1, 1), (33, 500)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_any_picture_becomes_a_valid_scene(
    predictor: SmallPredictor, size: tuple[int, int], level: int
) -> None:
    pixels = np.full((*size, 3), level, np.uint8)
    (scene,) = predictor.predict([PredictorInput(pixels, 100.0)])
    scene.check()


def test_photos_keep_their_order_and_do_not_affect_each_other(predictor: SmallPredictor) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    _, second = predictor.predict([PredictorInput(noise, 60.0), rocks()])
    (alone,) = predictor.predict([rocks()])
    np.testing.assert_array_equal(second.to_array(), alone.to_array())


def test_the_same_photo_gives_the_same_scene_on_any_number_of_threads(
    predictor: SmallPredictor,
) -> None:
    before = torch.get_num_threads()
    scenes = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            scenes += predictor.predict([rocks()])
    finally:
        torch.set_num_threads(before)
    for scene in scenes[1:]:
        np.testing.assert_array_equal(scene.to_array(), scenes[0].to_array())


def test_a_photo_of_many_pixels_gives_the_scene_of_one_that_shows_as_much(
    predictor: SmallPredictor,
) -> None:
    pixels = np.array(Image.fromarray(rocks().pixels).resize((1500, 1440)))
    many = pixels.repeat(2, axis=0).repeat(2, axis=1)
    few_scene, many_scene = predictor.predict(
        [PredictorInput(pixels, 1000.0), PredictorInput(many, 2000.0)]
    )
    np.testing.assert_array_equal(many_scene.to_array(), few_scene.to_array())
