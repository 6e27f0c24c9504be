from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from sharp_core.evaluation.datasets.overlap import project, world_points
from sharp_core.evaluation.target_view import (
    assumed_intrinsics,
    distance_m,
    moved,
    source_camera,
    target_camera,
)
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera
from sharp_core.scene.depth_scale import scaled
from tests.support.analytic_scene import INTRINSICS, VIEWS, picture
from tests.support.scenes import PHOTO, photo_scene

SOURCE, TARGET = (Camera(INTRINSICS, view) for view in VIEWS[:2])


def test_a_scene_predicted_for_a_centred_camera_is_seen_by_the_real_ones() -> None:
    """Points as a predictor with perfect depth would place them land where they belong."""
    truth = picture(SOURCE)
    assert truth.depth_m is not None
    # Unprojected with what the predictor assumes: centred, square pixels.
    predicted = world_points(truth.depth_m, Camera(assumed_intrinsics(INTRINSICS), np.eye(4)))
    real = world_points(truth.depth_m, SOURCE)
    for camera, seen in (
        (target_camera(SOURCE, TARGET), TARGET),
        (target_camera(SOURCE, SOURCE), SOURCE),
    ):
        np.testing.assert_allclose(project(predicted, camera), project(real, seen), atol=1e-6)


def test_a_larger_scene_is_the_same_as_nearer_cameras() -> None:
    scene = photo_scene(cells=24)
    source, target = (Camera(PHOTO, view) for view in VIEWS[:2])
    one = make_renderer(scaled(scene, 1.7)).render(target_camera(source, target))
    other = make_renderer(scene).render(target_camera(source, target, 1.7))
    torch.testing.assert_close(one.color_linear, other.color_linear, atol=2e-3, rtol=0)


def test_the_source_view_keeps_its_aspect() -> None:
    large = replace(INTRINSICS, width=4000, height=3000)
    view = source_camera(Camera(large, VIEWS[2]), 512)
    assert (view.intrinsics.width, view.intrinsics.height) == (512, 384)


def test_distance_and_shift() -> None:
    assert np.isclose(distance_m(SOURCE, TARGET), np.linalg.norm([0.09, 0.05, 0.06]))
    columns, rows, _ = project(np.array([[0.1, 0.2, 3.0]]), TARGET)
    there = project(np.array([[0.1, 0.2, 3.0]]), moved(TARGET, 5, -2))
    assert np.isclose(there[0] - columns, 5)
    assert np.isclose(there[1] - rows, -2)
