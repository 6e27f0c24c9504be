from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.api import render_views
from tests.support.render_recordings import random_scene


def camera(eye: tuple[float, float, float], width: int = 24) -> Camera:
    return Camera(Intrinsics.of_photo(20, width, 16), eye_viewmat(eye, 3.0))


def test_views_have_one_size_and_at_least_one_camera():
    scene = random_scene(5, 0)
    with pytest.raises(ValueError, match=r"found the sizes \[\(24, 16\), \(25, 16\)\]"):
        render_views(scene, [camera((0, 0, 0)), camera((0, 0, 0), 25)])
    with pytest.raises(ValueError, match="expected cameras of one image size"):
        render_views(scene, [])


def test_engines_agree_and_auto_is_the_compiled_one_on_a_cpu():
    scene = random_scene(50, 2, dtype=torch.float64)
    cameras = [camera((0, 0, 0)), camera((0.2, 0, 0))]
    views = [render_views(scene, cameras, engine=engine) for engine in ("auto", "cpu", "torch")]
    for name in ("color", "depth", "alpha"):
        auto, cpu, exact = (getattr(view, name) for view in views)
        assert torch.equal(auto, cpu)
        torch.testing.assert_close(cpu, exact, atol=1e-9, rtol=1e-9)


@pytest.mark.gpu
def test_gsplat_gives_the_values_and_gradients_of_the_compiled_rasteriser():
    scene = random_scene(200, 3)
    scene.means[:, 2].abs_().add_(1)
    scene.scales.clamp_min_(0.01)
    cameras = [camera((0, 0, 0)), camera((0.2, 0, 0))]
    for one in cameras:  # Gaussians in NDC
        one.viewmat[:3, :3] = one.viewmat[:3, :3] @ np.diag([0.6, 0.4, 1.0])
    weights = torch.rand(2, 16, 24, 5, generator=torch.Generator().manual_seed(0))
    results = []
    for device in ("cpu", "cuda"):
        fields = [getattr(scene, field.name) for field in dataclasses.fields(scene)]
        leaves = [values.to(device).requires_grad_() for values in fields]
        color, depth, alpha = render_views(Gaussians(*leaves), cameras)
        planes = torch.cat([color, depth[..., None], alpha[..., None]], dim=-1)
        gradients = torch.autograd.grad((planes * weights.to(device)).sum(), leaves)
        results.append([values.detach().cpu() for values in (planes, *gradients)])
    for ours, theirs in zip(*results, strict=True):
        assert float((ours - theirs).norm() / ours.norm()) < 1e-2


def test_the_background_can_be_a_picture_and_gets_gradients():
    scene = random_scene(50, 1)
    cameras = [camera((0, 0, 0)), camera((0.2, 0, 0))]
    behind = torch.rand(16, 24, 3).requires_grad_()
    views = render_views(scene, cameras, background=behind)
    assert views.color.shape == (2, 16, 24, 3)
    black = [TorchRenderer(scene).render(one) for one in cameras]
    for i, view in enumerate(black):
        expected = view.color_linear + (1 - view.alpha)[..., None] * behind
        torch.testing.assert_close(views.color[i], expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(views.depth[i], view.depth, atol=1e-4, rtol=1e-4)
    views.color.sum().backward()
    seen_through = sum(1 - view.alpha for view in black)
    torch.testing.assert_close(behind.grad[..., 0], seen_through, atol=1e-4, rtol=1e-4)
    assert np.isfinite(views.alpha.numpy()).all()
