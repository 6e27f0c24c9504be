"""What a photo's own depth does to its scene, on the way through the stages."""

from __future__ import annotations

import numpy as np
import torch

from pipeline.flow.scene_id import scene_id_of
from schemas.settings import PhotoSettings
from sharp_core.scene.depth_scale import align_scale_to_depth
from sharp_core.scene.gaussians import Gaussians


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


def test_leaving_the_depth_out_makes_other_scenes_of_the_photos_that_may_hold_one() -> None:
    off = PhotoSettings(photo_depth=False)
    heif = [
        scene_id_of("0" * 32, "heif", "m", settings, None) for settings in (PhotoSettings(), off)
    ]
    jpeg = [
        scene_id_of("0" * 32, "jpeg", "m", settings, None) for settings in (PhotoSettings(), off)
    ]
    assert heif[0] != heif[1]
    assert jpeg[0] == jpeg[1]
