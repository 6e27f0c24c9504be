from __future__ import annotations

import dataclasses

import numpy as np
import torch

from sharp_core.render.oracle import _project
from sharp_core.scene.cameras import Camera, Intrinsics, look_at
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.projection import project
from tests.support.render_recordings import random_scene


def camera(linear: np.ndarray | None = None) -> Camera:
    viewmat = look_at((0.2, -0.1, 0.3), (0, 0, 3))
    if linear is not None:
        viewmat[:3, :3] = viewmat[:3, :3] @ linear
    return Camera(Intrinsics(50, 55, 30, 18, 64, 40), viewmat)


def test_footprints_equal_the_oracles_also_under_a_shearing_map():
    scene = random_scene(300, 0, dtype=torch.float64)
    for linear in (None, np.array([[0.4, 0.1, 0.0], [0.0, 0.3, 0.2], [0.0, 0.0, 1.0]])):
        view = camera(linear)
        expected = _project(scene, view)
        found = project(scene, view)
        order = torch.argsort(found.depth[found.visible], stable=True)
        kept = [field[found.visible][order] for field in found[:-1]]
        u, v, depth, variance_u, variance_v, covariance, determinant = kept
        torch.testing.assert_close(torch.stack([u, v], dim=1), expected.centers)
        torch.testing.assert_close(depth, expected.depths)
        inverse = torch.stack([variance_v, -covariance, -covariance, variance_u], dim=1)
        inverse = (inverse / determinant[:, None]).view(-1, 2, 2)
        torch.testing.assert_close(inverse, expected.inverses, rtol=1e-5, atol=1e-12)


def test_gaussians_behind_the_camera_or_without_area_give_finite_zero_gradients():
    scene = random_scene(6, 1, dtype=torch.float64)
    eye = torch.tensor([0.2, -0.1, 0.3], dtype=torch.float64)
    scene.means[:] = eye + torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64)
    scene.means[:3, 2] = torch.tensor([-1.0, 0.0, 0.3])  # behind the camera, and in its plane
    scene.scales[3] = 0.0
    leaves = [getattr(scene, f.name).requires_grad_() for f in dataclasses.fields(scene)]
    found = project(Gaussians(*leaves), camera())
    assert not found.visible[:4].any()
    assert found.visible[4:].all()
    loss = sum(torch.where(found.visible, field, 0.0).sum() for field in found[:-1])
    loss.backward()
    for leaf in leaves[:3]:
        assert leaf.grad.isfinite().all()
        assert (leaf.grad[:4] == 0).all()
