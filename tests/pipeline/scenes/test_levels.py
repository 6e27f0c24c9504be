from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from pipeline.scenes import levels
from pipeline.scenes.levels import bounds_of, coarse_level, reduced_level, write_level
from sharp_core.formats.registry import read_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.scene.cameras import Camera, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between
from tests.support.scenes import PHOTO, photo_scene

INFO = SceneInfo(PHOTO.fx, PHOTO.width, PHOTO.height)


def test_a_coarse_level_looks_like_the_scene_and_is_stored_with_its_photo() -> None:
    scene = photo_scene()
    level = reduced_level(scene, INFO, 600, is_quick=True)
    assert len(level) <= 600
    buffer = io.BytesIO()
    write_level(buffer, level, INFO)
    stored = read_scene(buffer, format_name="sog")
    assert len(stored.gaussians) == len(level)
    assert stored.info is not None
    assert stored.info.focal_px == INFO.focal_px
    camera = Camera(fit_long_side(PHOTO, 120), np.eye(4))
    merged = psnr_between(scene, stored.gaussians, [camera])
    every_twelfth = scene.select(np.arange(len(scene)) % 12 == 0)
    assert merged > 20
    assert merged > psnr_between(scene, every_twelfth, [camera]) + 5


def test_the_coarse_level_has_as_many_gaussians_as_its_bytes_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(levels, "COARSE_GAUSSIANS", 2_000)
    monkeypatch.setattr(levels, "MOST_COARSE_BYTES", 12_000)
    level, content = coarse_level(photo_scene(), INFO, is_quick=True)
    assert len(content) <= 12_000
    assert 500 < len(level) < 2_000
    assert len(read_scene(io.BytesIO(content), format_name="sog").gaussians) == len(level)


def test_a_small_scene_stays_as_it_is() -> None:
    scene = photo_scene(cells=10)
    assert reduced_level(scene, INFO, 10_000, is_quick=False) is scene


def test_the_box_holds_a_turned_gaussian() -> None:
    eighth = np.pi / 8  # half of 45 degrees, about z
    one = Gaussians(
        torch.tensor([[1.0, 0.0, 5.0]]),
        torch.tensor([[np.cos(eighth), 0.0, 0.0, np.sin(eighth)]], dtype=torch.float32),
        torch.tensor([[1.0, 2.0, 0.5]]),
        torch.tensor([1.0]),
        torch.tensor([[0.5, 0.5, 0.5]]),
    )
    reach = 3 / np.sqrt(2)
    low, high = bounds_of(one)
    np.testing.assert_allclose(low, [1 - reach, -reach, 4.5], rtol=1e-5)
    np.testing.assert_allclose(high, [1 + reach, reach, 5.5], rtol=1e-5)


def test_the_box_holds_all_centres() -> None:
    one, other = photo_scene(near_m=1.5, cells=10), photo_scene(far_m=30, cells=10)
    low, high = bounds_of(one, other)
    for scene in (one, other):
        assert (scene.means.amin(dim=0).numpy() >= np.array(low) - 1e-6).all()
        assert (scene.means.amax(dim=0).numpy() <= np.array(high) + 1e-6).all()
