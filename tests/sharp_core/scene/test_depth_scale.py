import math

import numpy as np
import pytest
import torch

from sharp_core.scene.depth_scale import align_scale_to_depth, compare_depth, scaled
from sharp_core.scene.gaussians import Gaussians

CELLS = 48


def scene_of(depth: np.ndarray) -> Gaussians:
    """Return a scene whose visible surface has `depth` (CELLS, CELLS), and more behind it."""
    z = torch.from_numpy(np.stack((depth, 5 * depth)).astype(np.float32)).flatten()
    count = len(z)
    return Gaussians(
        torch.stack((z, z, z), dim=1),
        torch.tensor([[1.0, 0.0, 0.0, 0.0]]).expand(count, 4),
        torch.full((count, 3), 0.01),
        torch.full((count,), 0.5),
        torch.zeros(count, 3),
    )


def surface(height: int, width: int) -> np.ndarray:
    """Return a floor that recedes to the top, 1 to 4 metres, at any resolution."""
    y = (np.arange(height) + 0.5) / height
    return np.broadcast_to((1 + 3 * (1 - y))[:, None], (height, width)).astype(np.float32)


@pytest.mark.parametrize("size", [(CELLS, CELLS), (576, 768), (30, 20)])
@pytest.mark.parametrize("factor", [0.3, 1.0, 2.5])
def test_compare_depth_finds_the_factor_at_any_resolution(factor, size):
    scale = compare_depth(scene_of(surface(CELLS, CELLS)), factor * surface(*size))
    assert scale.factor == pytest.approx(factor, rel=0.01)
    assert scale.agrees
    assert scale.share == 1.0


def test_scaling_by_the_factor_aligns_the_scene_with_the_map():
    scene, measured = scene_of(surface(CELLS, CELLS)), 1.7 * surface(CELLS, CELLS)
    again = compare_depth(scaled(scene, compare_depth(scene, measured).factor), measured)
    assert again.factor == pytest.approx(1.0, rel=1e-5)


def test_the_factor_is_robust_to_a_third_of_wrong_or_unknown_depth():
    measured = 2 * surface(CELLS, CELLS)
    measured[:8], measured[8:12], measured[12:16] = 65.0, np.nan, 0.0
    scale = compare_depth(scene_of(surface(CELLS, CELLS)), measured)
    assert scale.factor == pytest.approx(2.0, rel=1e-5)
    assert scale.agrees
    assert scale.share == pytest.approx(40 / 48)


def test_different_shapes_do_not_agree():
    rng = np.random.default_rng(0)
    noise = np.exp(1.5 * rng.standard_normal((CELLS, CELLS))).astype(np.float32)
    assert not compare_depth(scene_of(surface(CELLS, CELLS)), noise).agrees


@pytest.mark.parametrize("nothing", [np.nan, 0.0, np.inf])
def test_a_map_without_valid_depth_does_not_agree(nothing):
    empty = np.full((20, 30), nothing, np.float32)
    scale = compare_depth(scene_of(surface(CELLS, CELLS)), empty)
    assert not scale.agrees
    assert scale.factor == 1.0
    assert math.isinf(scale.spread)


def test_scaling_a_scene_does_not_change_the_view_from_its_camera():
    scene = scene_of(surface(CELLS, CELLS))
    larger = scaled(scene, 3.0)
    torch.testing.assert_close(
        larger.means[:, :2] / larger.means[:, 2:], scene.means[:, :2] / scene.means[:, 2:]
    )
    torch.testing.assert_close(
        larger.scales / larger.means[:, 2:], scene.scales / scene.means[:, 2:]
    )


def test_scenes_without_the_order_of_a_predictor_are_refused():
    scene = scene_of(surface(CELLS, CELLS))
    part = Gaussians(*(getattr(scene, name)[:-1] for name in scene.__slots__))
    with pytest.raises(ValueError, match="4607 Gaussians are not 2 layers"):
        compare_depth(part, surface(10, 10))


def flat_scene(depth: float, cells: int = 16) -> Gaussians:
    n = 2 * cells * cells
    means = torch.zeros(n, 3)
    means[:, 2] = depth
    quats = torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(n, 1)
    return Gaussians(means, quats, torch.full((n, 3), 0.1), torch.ones(n), torch.ones(n, 3))


def test_the_scene_takes_its_size_from_the_photos_depth() -> None:
    scene, factor = align_scale_to_depth(flat_scene(2.0), np.full((12, 16), 3.0, np.float32))
    assert factor is not None
    assert abs(factor - 1.5) < 1e-6
    assert torch.allclose(scene.means[:, 2], torch.tensor(3.0))
    assert torch.allclose(scene.scales, torch.tensor(0.15))


def test_without_a_depth_or_with_one_of_another_shape_the_scene_stays() -> None:
    scene = flat_scene(2.0)
    assert align_scale_to_depth(scene, None) == (scene, None)
    noise = np.exp(np.random.default_rng(0).normal(0, 2, (12, 16))).astype(np.float32)
    assert align_scale_to_depth(scene, noise) == (scene, None)
