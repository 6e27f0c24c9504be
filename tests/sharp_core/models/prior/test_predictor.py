from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from PIL import Image

from sharp_core.models.interface import PredictorInput
from sharp_core.models.prior.layout import FARTHEST, NEAREST
from sharp_core.models.prior.predictor import PriorPredictor
from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from tests.support.predictor_pictures import (
    field_under_sky,
    plain,
    red_post_on_field,
)

CELLS, FINE = 48, 64
FOCAL = 150.0


def predict(pixels: np.ndarray, focal: float = FOCAL, cells: int = CELLS) -> Gaussians:
    (scene,) = PriorPredictor(cells).predict([PredictorInput(pixels, focal)])
    return scene


@functools.cache
def field() -> Gaussians:
    return predict(field_under_sky())


@functools.cache
def post() -> Gaussians:
    return predict(red_post_on_field(), cells=FINE)


def layers(scene: Gaussians, cells: int = CELLS) -> torch.Tensor:
    return scene.means[:, 2].view(2, cells, cells)


NOISE = np.random.default_rng(3).integers(0, 256, (45, 60, 3), dtype=np.uint8)
PICTURES = {
    "black": plain(30, 40, 0),
    "white": plain(40, 30, 255),
    "grey": plain(256, 256, 128),
    "wide": field_under_sky(40, 100),
    "tall": field_under_sky(100, 40),
    "a strip": field_under_sky(12, 300),
    "tiny": field_under_sky(10, 14),
    "noise": NOISE,
}


@pytest.mark.parametrize("name", PICTURES)
def test_any_picture_becomes_a_sound_scene(name):
    scene = predict(PICTURES[name])
    scene.check()
    visible, hidden = layers(scene)
    assert (hidden >= visible).all()
    # The composer adds a thousandth of the nearest disparity; the hidden layer lies a bit behind.
    assert scene.means[:, 2].min() > 0.99 * NEAREST
    assert visible.max() < 1.02 * FARTHEST


def test_the_order_is_layer_row_column_of_the_whole_picture():
    scene = field()
    assert len(scene) == 2 * CELLS * CELLS
    u = (FOCAL * scene.means[:, 0] / scene.means[:, 2]).view(2, CELLS, CELLS) + 100
    v = (FOCAL * scene.means[:, 1] / scene.means[:, 2]).view(2, CELLS, CELLS) + 75
    centers = (torch.arange(CELLS) + 0.5) / CELLS
    close = functools.partial(torch.testing.assert_close, atol=1e-3, rtol=0)  # pixels
    close(u, (200 * centers).expand(2, CELLS, CELLS))
    close(v, (150 * centers)[None, :, None].expand(2, CELLS, CELLS))


def test_photos_keep_their_order_and_do_not_touch_each_other():
    photos = [PredictorInput(picture, FOCAL) for picture in (PICTURES["tiny"], field_under_sky())]
    _, second = PriorPredictor(CELLS).predict(photos)
    np.testing.assert_array_equal(second.to_array(), field().to_array())


def test_a_longer_lens_narrows_the_scene_by_as_much():
    pixels = plain(30, 40, 128)  # its depth depends on the focal length alone
    wide, narrow = predict(pixels, 100.0), predict(pixels, 200.0)
    for field in ("means", "scales"):
        per_depth = [getattr(scene, field)[:, :2] / scene.means[:, 2:] for scene in (wide, narrow)]
        torch.testing.assert_close(per_depth[0], 2 * per_depth[1])


def test_a_picture_without_things_is_a_gentle_slope():
    visible, _ = layers(predict(plain(30, 40, 128)))
    assert visible.max() < 3 * visible.min()
    steps = (1 / visible).diff(dim=1).abs() * visible.min()
    assert steps.max() < 1e-3


def test_ground_lies_before_the_backdrop_and_the_sky_behind():
    visible, _ = layers(field())
    sky, horizon, foot = (visible[row].median() for row in (2, CELLS // 2 + 1, CELLS - 1))
    assert foot < horizon / 2
    assert horizon < sky


def test_the_ground_is_an_eye_height_below():
    scene = field()
    ground = scene.means.view(2, CELLS, CELLS, 3)[0, -8:]
    assert ground[..., 1].median() == pytest.approx(1.5, rel=0.3)


def test_a_thing_stands_upright_before_its_surroundings_and_hides_background():
    visible, hidden = layers(post(), FINE)
    rows = slice(20, 30)  # the post before the sky, clear of its top and of the horizon
    middle, beside = visible[rows, 30:34], visible[rows, 5:8]
    assert middle.max() < 0.7 * beside.min()
    assert middle.max() < 1.15 * middle.min()
    rim = slice(26, 29)  # the post begins at 25.6
    assert hidden[rows, rim].median() > 1.3 * visible[rows, rim].median()


def test_the_photos_own_camera_sees_the_photo_without_holes():
    size = (48, 36)
    camera = Camera(Intrinsics.of_photo(FOCAL, 200, 150).resized(*size), np.eye(4))
    view = TorchRenderer(post()).render(camera)
    assert view.alpha.min() > 0.98
    small = Image.fromarray(red_post_on_field()).resize(size, Image.Resampling.BOX)
    error = view.srgb8().astype(float) - np.asarray(small, float)
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 24
