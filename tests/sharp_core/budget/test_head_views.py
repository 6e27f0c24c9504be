from __future__ import annotations

import numpy as np

from sharp_core.budget.head_views import ASIDE_M, head_box, head_views
from sharp_core.scene.cameras import Camera
from tests.support.scenes import PHOTO, photo_scene


def eye(camera: Camera) -> np.ndarray:
    return -camera.viewmat[:3, :3].T @ camera.viewmat[:3, 3]


def test_views_begin_at_the_eye_and_span_the_box() -> None:
    box = head_box(photo_scene(cells=8), PHOTO)
    eyes = np.array([eye(view) for view in head_views(box, PHOTO, 64, is_360=False)])
    assert np.allclose(eyes[0], 0)
    assert np.allclose(eyes.max(axis=0), [box.lateral_m, box.lateral_m, box.forward_m])
    assert np.allclose(eyes.min(axis=0), [-box.lateral_m, -box.lateral_m, 0])


def test_the_box_of_a_near_scene_reaches_where_the_loss_is_measured() -> None:
    near = photo_scene(near_m=0.05, far_m=0.5, cells=8)
    assert head_box(near, PHOTO).lateral_m == ASIDE_M


def test_views_of_a_360_scene_see_all_around() -> None:
    box = head_box(photo_scene(cells=8), PHOTO)
    views = head_views(box, PHOTO, 64, is_360=True)[:6]
    assert all(abs(np.linalg.det(view.viewmat[:3, :3]) - 1) < 1e-9 for view in views)
    directions = np.random.default_rng(0).normal(size=(200, 3))
    seen = np.zeros(200, int)
    for view in views:
        x, y, z = view.viewmat[:3, :3] @ directions.T
        slope = view.intrinsics.width / 2 / view.intrinsics.fx
        seen += (z > 0) & (np.abs(x) < slope * z) & (np.abs(y) < slope * z)
    assert (seen == 1).all()
