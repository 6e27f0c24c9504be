from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from sharp_core.models.two_layer.base_gaussians import base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, NdcGaussians, compose
from sharp_core.models.two_layer.ndc_to_metric import ndc_to_metric
from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics, look_at
from sharp_core.training.rendering.api import render_views
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


def test_gradients_through_composer_and_renderer_match_finite_differences():
    torch.manual_seed(0)
    image = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    log_depth = 0.3 * torch.rand(1, 2, 16, 16, dtype=torch.float64) + 0.5
    deltas = torch.randn(1, DELTA_CHANNELS, 2, 8, 8, dtype=torch.float64)
    camera = ndc_camera(PHOTO, TARGET)
    weights = torch.rand(32, 44, 4, dtype=torch.float64)

    def loss(log_depth: torch.Tensor, deltas: torch.Tensor) -> torch.Tensor:
        base = base_gaussians(image, normalize_depth(log_depth.exp()))
        seen = render_views(ndc_scene(compose(base, deltas), 0), [camera])
        covered = (seen.alpha > 0.1).detach()[0]  # elsewhere the threshold of alpha has steps
        planes = torch.cat((seen.color[0], seen.depth[0, ..., None]), dim=-1)
        return (planes * weights)[covered].sum()

    leaves = [log_depth.requires_grad_(), deltas.requires_grad_()]
    gradients = torch.autograd.grad(loss(*leaves), leaves)
    for index, gradient in enumerate(gradients):
        direction = torch.randn_like(gradient)
        ends = []
        for step in (1e-8, -1e-8):
            moved = [leaf.detach() for leaf in leaves]
            moved[index] = moved[index] + step * direction
            ends.append(float(loss(*moved)))
        slope = (ends[0] - ends[1]) / 2e-8
        assert float((gradient * direction).sum()) == pytest.approx(slope, rel=1e-3)


def test_ndc_corners_are_the_corners_of_a_photo_whose_principal_point_is_elsewhere():
    seen = Intrinsics(50, 55, 20, 18, 60, 40)
    matrix = ndc_to_camera(seen)[:3, :3]
    for x, y, pixel in ((-1, -1, (0, 0)), (1, 1, (60, 40)), (0, 0, (30, 20))):
        depth = 2.5
        point = seen.matrix() @ matrix @ np.array([x * depth, y * depth, depth])
        np.testing.assert_allclose(point[:2] / point[2], pixel, atol=1e-12)
        assert point[2] == depth
