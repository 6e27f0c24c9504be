from __future__ import annotations

import dataclasses

import numpy as np
import torch

from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.models.two_layer.ndc_to_metric import ndc_to_metric
from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics, look_at
from sharp_core.training.rendering.ndc import ndc_camera, ndc_scene, ndc_to_camera
from tests.support.render_recordings import random_scene

PHOTO = Camera(Intrinsics.of_photo(70, 60, 40), look_at((0.3, 0.1, -0.2), (0, 0, 3)))
TARGET = Camera(Intrinsics(50, 52, 21, 15, 44, 32), look_at((0.5, 0.0, 0.1), (0.2, 0, 3)))


def ndc_gaussians() -> NdcGaussians:
    scene = random_scene(200, 0, dtype=torch.float64)
    scene.means[:, 2].abs_().add_(0.5)
    return NdcGaussians(*(getattr(scene, f.name)[None] for f in dataclasses.fields(scene)))


def test_a_render_in_ndc_equals_the_render_in_metres():
    ndc = ndc_gaussians()
    seen = PHOTO.intrinsics
    metric = ndc_to_metric(ndc, 0, seen.fx, seen.width, seen.height)
    from_photo = Camera(TARGET.intrinsics, TARGET.viewmat @ np.linalg.inv(PHOTO.viewmat))
    expected = TorchRenderer(metric).render(from_photo)
    found = TorchRenderer(ndc_scene(ndc, 0)).render(ndc_camera(PHOTO, TARGET))
    for field in dataclasses.fields(expected):
        torch.testing.assert_close(
            getattr(found, field.name), getattr(expected, field.name), atol=1e-9, rtol=1e-9
        )
    assert expected.alpha.max() > 0.5


def test_ndc_corners_are_the_corners_of_a_photo_whose_principal_point_is_elsewhere():
    seen = Intrinsics(50, 55, 20, 18, 60, 40)
    matrix = ndc_to_camera(seen)[:3, :3]
    for x, y, pixel in ((-1, -1, (0, 0)), (1, 1, (60, 40)), (0, 0, (30, 20))):
        depth = 2.5
        point = seen.matrix() @ matrix @ np.array([x * depth, y * depth, depth])
        np.testing.assert_allclose(point[:2] / point[2], pixel, atol=1e-12)
        assert point[2] == depth
