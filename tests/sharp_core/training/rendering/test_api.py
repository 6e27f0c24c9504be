from __future__ import annotations

import numpy as np
import pytest
import torch

from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat
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


def test_the_background_can_be_a_picture_and_gets_gradients():
    scene = random_scene(50, 1)
    cameras = [camera((0, 0, 0)), camera((0.2, 0, 0))]
    behind = torch.rand(16, 24, 3).requires_grad_()
    views = render_views(scene, cameras, background=behind)
    assert views.color.shape == (2, 16, 24, 3)
    black = [TorchRenderer(scene).render(one) for one in cameras]
    for i, view in enumerate(black):
        expected = view.color_linear + (1 - view.alpha)[..., None] * behind
        torch.testing.assert_close(views.color[i], expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(views.depth[i], view.depth, atol=1e-4, rtol=1e-4)
    views.color.sum().backward()
    seen_through = sum(1 - view.alpha for view in black)
    torch.testing.assert_close(behind.grad[..., 0], seen_through, atol=1e-5, rtol=1e-5)
    assert np.isfinite(views.alpha.numpy()).all()
