from __future__ import annotations

import numpy as np
import pytest

from schemas.choices import Trajectory
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat
from sharp_core.views.framing import (
    MOST_ZOOM,
    CropWindow,
    balance_parallax,
    centered_crop,
    covered_crop,
    frame_clip,
)
from sharp_core.views.trajectories import loop_path, motion_of, viewmats
from tests.support.render_recordings import random_scene
from tests.support.scenes import PHOTO, photo_scene


def sides_of(alpha: np.ndarray) -> np.ndarray:
    return np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])


@pytest.mark.parametrize("trajectory", Trajectory)
def test_no_frame_of_a_cropped_clip_shows_the_border(trajectory):
    scene = photo_scene()
    renderer = make_renderer(scene)
    motion, window = frame_clip(renderer, scene, PHOTO, trajectory)
    assert 1 < window.zoom <= MOST_ZOOM
    seen = window.of(PHOTO)
    for viewmat in viewmats(loop_path(trajectory, motion, 15), motion):
        alpha = renderer.render(Camera(seen, viewmat)).alpha.numpy()
        assert (sides_of(alpha) > 0.9).mean() > 0.98
        assert alpha.mean() > 0.99


def test_without_a_crop_the_same_clip_shows_the_border():
    scene = photo_scene()
    motion = motion_of(scene, PHOTO)
    (viewmat,) = viewmats(np.array([[motion.lateral_m, 0, 0]]), motion)
    alpha = make_renderer(scene).render(Camera(PHOTO, viewmat)).alpha.numpy()
    assert alpha[:, 0].mean() < 0.5 or alpha[:, -1].mean() < 0.5


def test_the_photo_s_own_view_needs_no_crop():
    assert covered_crop(make_renderer(photo_scene()), PHOTO, [np.eye(4)]) == CropWindow()


def test_a_scene_that_ends_beyond_the_middle_is_not_turned_inside_out():
    mask = np.ones((192, 256), np.bool_)
    mask[:, :150] = False
    assert centered_crop([mask]) == CropWindow(2.0, 0.25, 0.25)


def test_an_object_in_empty_space_is_not_cropped():
    scene = random_scene(100, 0)
    scene.means[:, 2] += 20
    assert covered_crop(make_renderer(scene), PHOTO, [eye_viewmat((1, 0, 0), 9)]) == CropWindow()


def test_motion_is_reduced_if_the_crop_would_be_too_small():
    # Through a wide lens everything is near its own border.
    wide = Intrinsics.of_photo(60, 240, 180)
    narrow = photo_scene()
    stretch = PHOTO.fx / wide.fx
    narrow.means[:, :2] *= stretch
    narrow.scales[:, :2] *= stretch
    motion, window = frame_clip(make_renderer(narrow), narrow, wide, Trajectory.SWIPE)
    assert motion.lateral_m < motion_of(narrow, wide).lateral_m
    assert window.zoom <= MOST_ZOOM * 1.01


def test_the_crop_lies_within_the_photo():
    scene = photo_scene()
    zoom, left, top = covered_crop(make_renderer(scene), PHOTO, [eye_viewmat((0.3, 0.1, 0), 3)])
    assert zoom > 1
    for start in (left, top):
        assert 0 <= start <= start + 1 / zoom <= 1


def test_balanced_motion_shifts_near_and_far_equally():
    scene = photo_scene(near_m=1.5, far_m=40)
    motion = balance_parallax(motion_of(scene, PHOTO), scene)
    assert motion.lateral_m == motion_of(scene, PHOTO).lateral_m
    rotation = eye_viewmat((motion.lateral_m, 0, 0), motion.target_m)
    near, far = np.quantile(scene.means[:, 2].numpy(), (0.02, 0.98))
    x_near, x_far = (
        point[0] / point[2] for point in (rotation @ [0, 0, z, 1] for z in (near, far))
    )
    assert x_near * x_far < 0
    assert abs(x_near) == pytest.approx(abs(x_far), rel=0.1)  # tan x is not quite x
