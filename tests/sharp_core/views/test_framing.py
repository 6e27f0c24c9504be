from __future__ import annotations

import numpy as np
import pytest

from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat
from sharp_core.views.framing import MOST_ZOOM, Window, balanced, covered_window, frame_clip
from sharp_core.views.trajectories import Trajectory, loop_eyes, motion_of, viewmats
from tests.support.render_recordings import random_scene
from tests.support.scenes import PHOTO, photo_scene


def sides_of(alpha: np.ndarray) -> np.ndarray:
    return np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])


@pytest.mark.parametrize("trajectory", Trajectory)
def test_no_frame_of_a_framed_clip_shows_the_end_of_the_scene(trajectory):
    scene = photo_scene()
    renderer = make_renderer(scene)
    motion, window = frame_clip(renderer, scene, PHOTO, trajectory)
    assert 1 < window.zoom <= MOST_ZOOM
    seen = window.of(PHOTO)
    for viewmat in viewmats(loop_eyes(trajectory, motion, 15), motion):
        alpha = renderer.render(Camera(seen, viewmat)).alpha.numpy()
        assert (sides_of(alpha) > 0.9).mean() > 0.98
        assert alpha.mean() > 0.99


def test_without_framing_the_same_clip_would_show_it():
    scene = photo_scene()
    motion = motion_of(scene, PHOTO)
    (viewmat,) = viewmats(np.array([[motion.lateral_m, 0, 0]]), motion)
    alpha = make_renderer(scene).render(Camera(PHOTO, viewmat)).alpha.numpy()
    assert alpha[:, 0].mean() < 0.5 or alpha[:, -1].mean() < 0.5


def test_the_eye_of_the_photo_needs_no_framing():
    assert covered_window(make_renderer(photo_scene()), PHOTO, [np.eye(4)]) == Window()


def test_a_thing_in_empty_space_has_no_border_to_hide():
    scene = random_scene(100, 0)
    scene.means[:, 2] += 20
    assert covered_window(make_renderer(scene), PHOTO, [eye_viewmat((1, 0, 0), 9)]) == Window()


def test_motion_that_would_cost_too_much_of_the_picture_is_made_smaller():
    # Through a wide lens everything is near its own border.
    wide = Intrinsics.of_photo(60, 240, 180)
    narrow = photo_scene()
    stretch = PHOTO.fx / wide.fx
    narrow.means[:, :2] *= stretch
    narrow.scales[:, :2] *= stretch
    motion, window = frame_clip(make_renderer(narrow), narrow, wide, Trajectory.SWIPE)
    assert motion.lateral_m < motion_of(narrow, wide).lateral_m
    assert window.zoom <= MOST_ZOOM * 1.01


def test_the_window_lies_within_the_photo():
    scene = photo_scene()
    zoom, left, top = covered_window(make_renderer(scene), PHOTO, [eye_viewmat((0.3, 0.1, 0), 3)])
    assert zoom > 1
    for start in (left, top):
        assert 0 <= start <= start + 1 / zoom <= 1


def test_balanced_eyes_see_near_and_far_shift_alike():
    scene = photo_scene(near_m=1.5, far_m=40)
    motion = balanced(motion_of(scene, PHOTO), scene)
    assert motion.lateral_m == motion_of(scene, PHOTO).lateral_m
    rotation = eye_viewmat((motion.lateral_m, 0, 0), motion.target_m)
    near, far = np.quantile(scene.means[:, 2].numpy(), (0.02, 0.98))
    x_near, x_far = (
        point[0] / point[2] for point in (rotation @ [0, 0, z, 1] for z in (near, far))
    )
    assert x_near * x_far < 0
    assert abs(x_near) == pytest.approx(abs(x_far), rel=0.1)  # tan x is not quite x
