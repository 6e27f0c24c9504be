from __future__ import annotations

import numpy as np
import pytest

from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Intrinsics
from sharp_core.views.framing import MOST_ZOOM, coverage_mask
from sharp_core.views.light_field import (
    MOST_STEP_PX,
    ViewShape,
    crop_to_aspect,
    plan_light_field,
    render_light_field,
)
from sharp_core.views.trajectories import motion_of
from tests.support.scenes import PHOTO, photo_scene

SCENE = photo_scene()
RENDERER = make_renderer(SCENE)


def pixel(camera, depth_m: float) -> float:
    """The column of a point on the photo's axis."""
    x = camera.viewmat[0, 3]
    return camera.intrinsics.fx * x / depth_m + camera.intrinsics.cx


@pytest.mark.parametrize("aspect", [0.5625, 4 / 3, 16 / 9])
def test_the_focus_plane_stays_where_it_is_in_all_views(aspect: float) -> None:
    plan = plan_light_field(RENDERER, SCENE, PHOTO, ViewShape(9, 120, 160, aspect))
    columns = [pixel(camera, plan.focus_m) for camera in plan.cameras()]
    np.testing.assert_allclose(columns, columns[0])
    assert plan.depth.near_m <= plan.focus_m <= plan.depth.far_m
    # From the left, what is behind the focus plane lies farther left.
    far = [pixel(camera, plan.depth.far_m) for camera in plan.cameras()]
    assert far == sorted(far)


@pytest.mark.parametrize("views", [2, 9, 60])
def test_cameras_stay_in_the_head_box_and_steps_are_small(views: int) -> None:
    plan = plan_light_field(RENDERER, SCENE, PHOTO, ViewShape(views, 200, 150, 4 / 3))
    assert len(plan.cameras()) == views
    assert plan.sweep_m <= 2 * motion_of(SCENE, PHOTO).lateral_m
    span = 1 / plan.depth.near_m - 1 / plan.depth.far_m
    assert plan.view.fx * plan.sweep_m / (views - 1) * span <= MOST_STEP_PX * 1.001
    assert 1 <= plan.zoom <= MOST_ZOOM * 1.02


def test_no_view_sees_past_the_border_of_the_scene() -> None:
    plan = plan_light_field(RENDERER, SCENE, PHOTO, ViewShape(12, 160, 120, 4 / 3))
    assert plan.zoom > 1
    masks = [coverage_mask(RENDERER.render(camera)) for camera in plan.cameras()]
    assert min(float(mask.mean()) for mask in masks) > 0.99


def test_images_have_the_shape_that_is_asked_for_with_oblong_pixels() -> None:
    plan = plan_light_field(RENDERER, SCENE, PHOTO, ViewShape(2, 40, 150, 4 / 3), focus_m=3.0)
    images = list(render_light_field(RENDERER, plan))
    assert [image.shape for image in images] == [(150, 40, 3)] * 2
    assert plan.focus_m == 3.0
    assert plan.view.fy / plan.view.fx == pytest.approx(150 / 40 * 4 / 3, rel=0.02)


def test_the_middle_of_the_photo_is_kept() -> None:
    cropped = crop_to_aspect(Intrinsics.of_photo(500, 400, 300), 0.5)
    assert (cropped.width, cropped.height, cropped.cx, cropped.cy) == (150, 300, 75, 150)


def test_one_view_is_no_light_field() -> None:
    with pytest.raises(ValueError, match="two or more"):
        plan_light_field(RENDERER, SCENE, PHOTO, ViewShape(1, 40, 40, 1))
