"""Scenes of a known shape: a thing before a wall, a wall alone, and what may be wrong with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from schemas.quality import SceneMeasures
from sharp_core.models.two_layer.lift import lift_to_gaussians
from sharp_core.quality.coarse_scene import coarse_scene
from sharp_core.quality.scene import measure_scene
from sharp_core.scene.gaussians import Gaussians
from tests.support.textures import Pixels, photo_like

CELLS = 384
WIDTH, HEIGHT, FOCAL = 480, 320, 400.0


def disparity(near: float, far: float) -> torch.Tensor:
    """Return a square thing before a wall, as 1/m."""
    plane = torch.full((HEIGHT // 2, WIDTH // 2), far)
    plane[40:120, 80:160] = near
    return plane


def scene(near: float = 0.8, far: float = 0.2) -> Gaussians:
    return lift_to_gaussians(disparity(near, far), photo_like(), FOCAL, CELLS)


def measure(gaussians: Gaussians, photo: Pixels | None = None) -> SceneMeasures:
    return measure_scene(
        coarse_scene(gaussians), photo_like() if photo is None else photo, FOCAL, WIDTH
    )


@pytest.fixture(scope="module")
def good() -> SceneMeasures:
    return measure(scene())


def test_a_scene_shows_its_photo_and_no_other(good: SceneMeasures) -> None:
    assert good.psnr_db > 20
    assert good.ssim > 0.7
    other = measure(scene(), photo_like(seed=5))
    assert other.psnr_db < good.psnr_db - 6
    assert other.ssim < good.ssim / 2


def test_depth_is_that_of_the_scene(good: SceneMeasures) -> None:
    assert good.near_m == pytest.approx(1.25, rel=0.05)
    assert good.median_m == pytest.approx(5.0, rel=0.05)
    # Of the picture's width: the thing moves by 0.08 of the diagonal, the wall by a quarter of it.
    diagonal = np.hypot(WIDTH, HEIGHT) / WIDTH
    assert good.parallax == pytest.approx(0.08 * diagonal * 0.75, rel=0.1)


def test_a_wall_has_neither_relief_nor_edges(good: SceneMeasures) -> None:
    wall = measure(scene(0.2, 0.2))
    assert wall.relief < 0.005 < 0.1 < good.relief
    assert wall.edge_share == 0 < 0.005 < good.edge_share
    assert wall.parallax == pytest.approx(0, abs=1e-3)


def test_holes_are_seen_from_the_side(good: SceneMeasures) -> None:
    whole = scene()
    behind = whole.select(whole.means[:, 2] > 2.5)
    holes = measure(behind)
    assert holes.hole_share > good.hole_share
    sparse = replace(whole, opacities=whole.opacities * 0.2)
    assert measure(sparse).hole_share > good.hole_share + 0.2


def test_points_before_all_others_are_strays(good: SceneMeasures) -> None:
    whole = scene(0.2, 0.2)
    means = whole.means.clone()
    cells = torch.zeros(2, CELLS, CELLS, dtype=torch.bool)
    cells[0, 1::30, 1::30] = True  # middle ones of their 3 x 3
    moved = cells.flatten()
    means[moved] *= 0.5
    strays = measure(replace(whole, means=means))
    assert good.stray_share == 0 < strays.stray_share


def test_edges_of_depth_that_the_photo_lacks_are_loose() -> None:
    blank = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    gaussians = lift_to_gaussians(disparity(0.8, 0.2), blank, FOCAL, CELLS)
    assert measure(gaussians, blank).loose_edge_share > 0.9


def test_a_scene_behind_the_camera_is_refused() -> None:
    whole = scene()
    with pytest.raises(ValueError, match="in front of the camera"):
        measure(replace(whole, means=-whole.means))
