from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from tests.support.render_recordings import (
    in_double,
    psnr,
    random_scene,
    recorded_scene,
    recordings,
    worst_depth,
)

STRAIGHT = Camera(Intrinsics.of_photo(20, 16, 12), np.eye(4))


@pytest.mark.parametrize("view", range(3))
def test_renders_in_double_precision_match_the_recorded_views(view):
    recording = recordings()[view]
    result = TorchRenderer(in_double(recorded_scene())).render(recording.camera)
    assert psnr(result.color_linear, recording.color_linear) > 150  # stored as float32
    assert worst_depth(result, recording.depth, recording.alpha) < 1e-6
    np.testing.assert_allclose(result.alpha, recording.alpha, atol=1e-7)


def test_one_gaussian_matches_the_closed_form():
    # A ball 0.3 m wide in the middle, 3 m away: 2 px wide, so alpha = 0.8 exp(-r^2 / (2 2^2)).
    one = torch.ones(1, 3, dtype=torch.float64)
    scene = Gaussians(
        torch.tensor([[0.0, 0.0, 3.0]], dtype=torch.float64),
        torch.tensor([[2.0, 0.0, 0.0, 0.0]], dtype=torch.float64),
        0.3 * one,
        0.8 * one[:, 0],
        0.5 * one,
    )
    result = TorchRenderer(scene).render(STRAIGHT, background=(1.0, 0.0, 0.0))
    y, x = np.mgrid[:12, :16] + 0.5
    alpha = 0.8 * np.exp(-((x - 8) ** 2 + (y - 6) ** 2) / 8)
    alpha[alpha < 1 / 255] = 0
    np.testing.assert_allclose(result.alpha, alpha, atol=1e-12)
    np.testing.assert_allclose(result.depth, np.where(alpha > 0, 3.0, 0.0), atol=1e-9)
    np.testing.assert_allclose(result.color_linear[..., 0], 0.5 * alpha + 1 - alpha, atol=1e-12)
    np.testing.assert_allclose(result.color_linear[..., 2], 0.5 * alpha, atol=1e-12)


def test_gradients_match_finite_differences():
    torch.manual_seed(0)
    scene = random_scene(12, 3, dtype=torch.float64)
    scene.means[:, 2].abs_().add_(1)
    scene.scales.clamp_(0.05, 0.5)
    tensors = [getattr(scene, field.name) for field in dataclasses.fields(scene)]
    weights = torch.rand(12, 16, 5, dtype=torch.float64)

    def loss(*values: torch.Tensor) -> torch.Tensor:
        seen = TorchRenderer(Gaussians(*values)).render(STRAIGHT)
        planes = [seen.color_linear, seen.depth[..., None], seen.alpha[..., None]]
        return (torch.cat(planes, dim=-1) * weights).sum()

    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    loss(*leaves).backward()
    for index, leaf in enumerate(leaves):
        direction = torch.randn_like(leaf)
        step = 1e-7 * direction
        ahead, behind = ([*tensors], [*tensors])
        ahead[index], behind[index] = tensors[index] + step, tensors[index] - step
        slope = (loss(*ahead) - loss(*behind)) / 2e-7
        assert leaf.grad is not None
        assert float((leaf.grad * direction).sum()) == pytest.approx(float(slope), rel=1e-4)


def test_a_scene_behind_the_camera_renders_the_background():
    scene = random_scene(5, 0)
    scene.means[:, 2] = -1
    result = TorchRenderer(scene).render(STRAIGHT, background=(0.25, 0.5, 0.75))
    assert result.alpha.max() == 0
    assert result.depth.max() == 0
    assert (result.color_linear == torch.tensor([0.25, 0.5, 0.75])).all()
