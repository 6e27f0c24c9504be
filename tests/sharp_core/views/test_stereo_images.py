from __future__ import annotations

import numpy as np
import pytest
import torch

from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from sharp_core.spatial.check_images import parallax
from sharp_core.views.comfort import ComfortSettings
from sharp_core.views.framing import MOST_ZOOM
from sharp_core.views.stereo import StereoRig, stereo_pair
from sharp_core.views.stereo_images import plan_stereo, render_stereo, render_wiggle
from tests.support.scenes import PHOTO, photo_scene

PHOTO_OF_WALL = Intrinsics.of_photo(240, 320, 240)


def wall(depth_m: float, cells: int = 96) -> Gaussians:
    """A wall of many colours that fills PHOTO_OF_WALL and stands at `depth_m`."""
    rng = np.random.default_rng(1)
    y, x = np.meshgrid(np.linspace(0, 1, cells), np.linspace(0, 1, cells), indexing="ij")
    size = np.array([PHOTO_OF_WALL.width, PHOTO_OF_WALL.height]) / PHOTO_OF_WALL.fx * depth_m
    means = np.stack([(x - 0.5) * size[0], (y - 0.5) * size[1], np.full_like(x, depth_m)], -1)
    count = cells * cells
    step = size.max() / cells
    colors = np.kron(rng.uniform(0, 1, (cells // 4, cells // 4, 3)), np.ones((4, 4, 1)))
    return Gaussians(
        torch.from_numpy(means.reshape(count, 3)).float(),
        torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        torch.full((count, 3), step * 0.6),
        torch.full((count,), 0.98),
        torch.from_numpy(colors.reshape(count, 3)).float(),
    )


@pytest.mark.parametrize("depth_m", [1.5, 3.0, 6.0])
def test_the_disparity_of_a_wall_follows_from_its_distance(depth_m):
    plan = plan_stereo(make_renderer(wall(depth_m)), PHOTO_OF_WALL, 320, ComfortSettings())
    eyes = render_stereo(make_renderer(wall(depth_m)), plan)
    expected = plan.focal_share * plan.baseline_m / depth_m
    assert plan.depth.near_m == pytest.approx(depth_m, rel=0.02)
    # Positive: farther right in the left picture.
    assert parallax(*eyes.parallel()) == pytest.approx(expected, abs=1 / 256)
    # Shifted, the nearest lies on the screen.
    assert parallax(*eyes.shifted(plan.behind_px)) == pytest.approx(0, abs=1 / 256)
    assert plan.adjustment == pytest.approx(expected, abs=1 / 320)  # in whole pixels


def test_shifted_images_have_the_same_pixels():
    plan = plan_stereo(make_renderer(photo_scene()), PHOTO, 240, ComfortSettings())
    eyes = render_stereo(make_renderer(photo_scene()), plan)
    shift = plan.behind_px
    assert shift > 1
    for parallel, shifted, way in zip(eyes.parallel(), eyes.shifted(shift), (1, -1), strict=True):
        assert parallel.shape == shifted.shape == (plan.view.height, plan.view.width, 3)
        np.testing.assert_array_equal(
            np.roll(parallel, -way * shift, 1)[:, shift:-shift], shifted[:, shift:-shift]
        )


def test_neither_eye_shows_the_border_of_the_scene():
    renderer = make_renderer(photo_scene(0.6, 4.0))
    plan = plan_stereo(renderer, PHOTO, 240, ComfortSettings(max_disparity=0.2))
    assert 1 < plan.zoom < MOST_ZOOM
    for screen_m in (np.inf, plan.screen_m(plan.behind_px)):
        for camera in stereo_pair(plan.view, StereoRig(1000 * plan.baseline_m, screen_m)):
            alpha = renderer.render(camera).alpha.numpy()
            sides = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
            assert (sides > 0.9).mean() > 0.98


def test_without_the_crop_the_eyes_show_the_border():
    renderer = make_renderer(photo_scene(0.6, 4.0))
    plan = plan_stereo(renderer, PHOTO, 240, ComfortSettings(max_disparity=0.2))
    left, right = stereo_pair(PHOTO, StereoRig(1000 * plan.baseline_m))
    assert renderer.render(left).alpha.numpy()[:, 0].mean() < 0.9
    assert renderer.render(right).alpha.numpy()[:, -1].mean() < 0.9


def test_the_eyes_are_at_either_side_of_the_photo_s_camera():
    plan = plan_stereo(make_renderer(photo_scene()), PHOTO, 240, ComfortSettings())
    assert plan.view.cx == pytest.approx(plan.view.width / 2)
    assert plan.view.cy == pytest.approx(plan.view.height / 2)


def test_a_wiggle_swings_back_without_repeated_frames():
    renderer = make_renderer(photo_scene())
    plan = plan_stereo(renderer, PHOTO, 160, ComfortSettings())
    frames = render_wiggle(renderer, plan, 4)
    assert len(frames) == 6
    np.testing.assert_array_equal(frames[1], frames[5])
    assert len(render_wiggle(renderer, plan, 2)) == 2


def test_the_stereo_view_of_an_object_is_not_cropped():
    scene = wall(20.0)
    scene.means[:, :2] *= 0.1
    scene.scales.mul_(0.1)
    renderer = make_renderer(scene)
    plan = plan_stereo(renderer, PHOTO_OF_WALL, 320, ComfortSettings())
    assert plan.zoom == 1
    assert renderer.render(Camera(plan.view, np.eye(4))).alpha.max() > 0.9
