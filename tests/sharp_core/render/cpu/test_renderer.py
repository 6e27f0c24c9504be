from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from sharp_core.render.cpu import renderer
from sharp_core.render.cpu.renderer import CpuRenderer
from sharp_core.render.oracle import TorchRenderer
from sharp_core.render.result import RenderResult
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat
from sharp_core.scene.gaussians import Gaussians
from tests.support.render_recordings import (
    in_double,
    psnr,
    random_scene,
    recorded_scene,
    recordings,
    worst_depth,
)

# What users may rely on. Float32 itself reaches more than twice as many dB.
LEAST_PSNR, MOST_DEPTH_ERROR = 55, 1e-3


def camera(width: int, height: int, eye: tuple[float, float, float] = (0, 0, 0)) -> Camera:
    return Camera(Intrinsics.of_photo(0.8 * width, width, height), eye_viewmat(eye, 3.0))


def assert_same(first: RenderResult, second: RenderResult) -> None:
    for field in dataclasses.fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


@pytest.mark.parametrize("view", range(3))
def test_renders_match_the_recorded_views(view):
    recording = recordings()[view]
    result = CpuRenderer(recorded_scene()).render(recording.camera)
    assert psnr(result.color_linear, recording.color_linear) > LEAST_PSNR
    assert worst_depth(result, recording.depth, recording.alpha) < MOST_DEPTH_ERROR
    np.testing.assert_allclose(result.alpha, recording.alpha, atol=1e-4)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 16), (65, 17), (150, 50)])
def test_renders_match_the_oracle_on_random_scenes(size, seed):
    scene = random_scene(300, seed)
    view = camera(*size, eye=(0.2, -0.1, 0.3))
    background = (0.1, 0.2, 0.3)
    result = CpuRenderer(scene).render(view, background)
    expected = TorchRenderer(in_double(scene)).render(view, background)
    assert psnr(result.color_linear, expected.color_linear) > LEAST_PSNR
    # A Gaussian near the alpha threshold may pass in one engine and not in the other.
    errors = (result.depth - expected.depth)[expected.alpha > 0.5].abs()
    assert errors.numel() == 0 or float(errors.quantile(0.99)) < MOST_DEPTH_ERROR


def test_thin_gaussians_match_the_oracle():
    scene = random_scene(200, 1)
    scene.means[:, 2].abs_().add_(1)
    scene.scales[:, 0] = 1.0
    scene.scales[:, 1:] = 2e-3
    view = camera(100, 80)
    result = CpuRenderer(scene).render(view)
    assert psnr(result.color_linear, TorchRenderer(in_double(scene)).render(view).color_linear) > 55


def test_a_render_does_not_depend_on_the_number_of_threads():
    scene, view = random_scene(3000, 2), camera(200, 120)
    alone = CpuRenderer(scene, threads=1).render(view)
    for threads in (2, 3, 7):
        assert_same(CpuRenderer(scene, threads=threads).render(view), alone)


def test_a_render_does_not_depend_on_its_bands(monkeypatch):
    scene, view = random_scene(3000, 2), camera(200, 120)
    whole = CpuRenderer(scene).render(view)
    monkeypatch.setattr(renderer, "_MAX_ENTRIES", 500)
    assert_same(CpuRenderer(scene).render(view), whole)


def test_renderers_are_thread_safe():
    renderers = [CpuRenderer(random_scene(2000, seed), threads=2) for seed in range(3)]
    views = [camera(90 + 10 * i, 70, eye=(0.02 * i, 0, 0)) for i in range(6)]
    jobs = [(renderer, view) for view in views for renderer in renderers]
    expected = [renderer.render(view) for renderer, view in jobs]
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda job: job[0].render(job[1]), jobs))
    for result, one in zip(results, expected, strict=True):
        assert_same(result, one)


def test_frames_do_not_depend_on_earlier_frames():
    scene = random_scene(2000, 4)
    renderer = CpuRenderer(scene)
    for view in (camera(200, 100), camera(30, 90), camera(200, 100, eye=(0.3, 0, 0))):
        assert_same(renderer.render(view), CpuRenderer(scene).render(view))
    assert min(renderer.stage_seconds) >= 0
    assert sum(renderer.stage_seconds) > 0


def test_later_frames_do_not_change_a_result():
    renderer = CpuRenderer(random_scene(500, 5))
    first = renderer.render(camera(64, 48))
    kept = first.color_linear.clone()
    renderer.render(camera(64, 48, eye=(0.5, 0, 0)))
    assert (first.color_linear == kept).all()


def test_scenes_with_strides_or_gradients_can_be_rendered():
    scene = random_scene(400, 6)
    packed = Gaussians.from_array(scene.to_array())
    packed.means.requires_grad_()
    view = camera(64, 48)
    assert_same(CpuRenderer(packed).render(view), CpuRenderer(scene).render(view))


def test_a_camera_among_huge_gaussians_gives_finite_values():
    scene = random_scene(500, 7)
    scene.means[:, 2] = torch.linspace(0.005, 0.05, 500)
    scene.scales[:100] = 1e6
    result = CpuRenderer(scene).render(camera(130, 40))
    for field in dataclasses.fields(result):
        assert torch.isfinite(getattr(result, field.name)).all()
    assert 0 <= float(result.alpha.min()) <= float(result.alpha.max()) <= 1
