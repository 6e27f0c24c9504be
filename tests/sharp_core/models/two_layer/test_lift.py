from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from PIL import Image

from sharp_core.models.two_layer.lift import lift_to_gaussians
from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians

CELLS = 64
FOCAL = 150.0
HEIGHT, WIDTH = 150, 200
POST = slice(80, 100)  # columns of a red post


@functools.cache
def photo() -> np.ndarray:
    pixels = np.full((HEIGHT, WIDTH, 3), (90, 140, 210), np.uint8)
    pixels[:, POST] = (180, 30, 30)
    return pixels


def disparity() -> torch.Tensor:
    """Return a post at 1 m before a wall at 5 m, at half the photo's size."""
    values = torch.full((HEIGHT // 2, WIDTH // 2), 0.2)
    values[:, POST.start // 2 : POST.stop // 2] = 1.0
    return values


@functools.cache
def scene() -> Gaussians:
    return lift_to_gaussians(disparity(), photo(), FOCAL, CELLS)


def depths(of: Gaussians) -> torch.Tensor:
    return of.means[:, 2].view(2, CELLS, CELLS)


def test_depth_is_in_metres():
    visible, _ = depths(scene())
    assert visible[:, 28].median() == pytest.approx(1.0, rel=0.02)
    assert visible[:, 5].median() == pytest.approx(5.0, rel=0.02)


def test_the_order_is_layer_row_column_of_the_whole_picture():
    lifted = scene()
    assert len(lifted) == 2 * CELLS * CELLS
    u = (FOCAL * lifted.means[:, 0] / lifted.means[:, 2]).view(2, CELLS, CELLS) + WIDTH / 2
    v = (FOCAL * lifted.means[:, 1] / lifted.means[:, 2]).view(2, CELLS, CELLS) + HEIGHT / 2
    centers = (torch.arange(CELLS) + 0.5) / CELLS
    close = functools.partial(torch.testing.assert_close, atol=1e-3, rtol=0)  # pixels
    close(u, (WIDTH * centers).expand(2, CELLS, CELLS))
    close(v, (HEIGHT * centers)[None, :, None].expand(2, CELLS, CELLS))


def test_the_background_continues_behind_the_post():
    visible, hidden = depths(scene())
    assert (hidden >= visible).all()
    edge = slice(26, 28)  # the post covers columns 25.6 to 32
    assert hidden[20:40, edge].median() > 3 * visible[20:40, edge].median()


def test_disparity_zero_is_a_hundred_times_the_nearest_depth():
    sky = disparity()
    sky[:20] = 0.0
    visible, _ = depths(lift_to_gaussians(sky, photo(), FOCAL, CELLS))
    assert visible[2].median() == pytest.approx(100.0, rel=0.1)


def test_disparity_that_is_nowhere_positive_is_refused():
    for value in (0.0, float("nan")):
        with pytest.raises(ValueError, match="disparity"):
            lift_to_gaussians(torch.full((20, 30), value), photo(), FOCAL, CELLS)


def test_a_longer_lens_narrows_the_scene_by_the_same_factor():
    wide, narrow = (lift_to_gaussians(disparity(), photo(), f, CELLS) for f in (100.0, 200.0))
    torch.testing.assert_close(wide.means[:, :2], 2 * narrow.means[:, :2])
    torch.testing.assert_close(wide.means[:, 2], narrow.means[:, 2])


@pytest.mark.parametrize("size", [(40, 100), (100, 40), (12, 300), (10, 14)])
def test_any_shape_of_photo_gives_a_valid_scene(size):
    numbers = np.random.default_rng(3)
    pixels = numbers.integers(0, 256, (*size, 3), dtype=np.uint8)
    noise = torch.from_numpy(numbers.random((24, 32), np.float32))
    lift_to_gaussians(noise, pixels, 50.0, CELLS).check()


def test_the_same_photo_gives_the_same_scene_on_any_number_of_threads():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = lift_to_gaussians(disparity(), photo(), FOCAL, CELLS).to_array()
        torch.set_num_threads(3)
        together = lift_to_gaussians(disparity(), photo(), FOCAL, CELLS).to_array()
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(alone, together)


def test_the_camera_of_the_photo_sees_the_photo_without_holes():
    size = (48, 36)
    camera = Camera(Intrinsics.of_photo(FOCAL, WIDTH, HEIGHT).resized(*size), np.eye(4))
    view = TorchRenderer(scene()).render(camera)
    assert view.alpha.min() > 0.98
    small = Image.fromarray(photo()).resize(size, Image.Resampling.BOX)
    error = view.srgb8().astype(float) - np.asarray(small, float)
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 24
