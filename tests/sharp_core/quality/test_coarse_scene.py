from __future__ import annotations

import subprocess
import sys

import numpy as np
import torch

from sharp_core.quality.coarse_scene import arrays_of, coarse_bytes, coarse_scene
from sharp_core.scene.gaussians import Gaussians
from tests.support.clouds import cloud


def grid(cells: int) -> Gaussians:
    """Return two layers of cells; the depth of each tells its place."""
    count = 2 * cells * cells
    order = torch.arange(count, dtype=torch.float32)
    return Gaussians(
        means=torch.stack((order * 0, order * 0, 1 + order / count), dim=1),
        quats=torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        scales=torch.full((count, 3), 0.25),
        opacities=torch.full((count,), 0.5),
        colors=(order[:, None] % 2).expand(count, 3),
    )


def test_of_three_by_three_cells_the_middle_one_stays_three_times_as_large() -> None:
    scene = grid(9)
    coarse = arrays_of(coarse_scene(scene))
    assert coarse.means.shape == (2 * 3 * 3, 3)
    place = np.arange(2 * 81).reshape(2, 9, 9)[:, 1::3, 1::3].ravel()
    np.testing.assert_allclose(coarse.means[:, 2], 1 + place / 162, rtol=1e-3)
    np.testing.assert_allclose(coarse.scales, 0.75)
    np.testing.assert_allclose(coarse.opacities, 0.5)


def test_colours_are_averaged_over_what_is_as_far_away() -> None:
    scene = grid(3)
    one_depth = torch.full_like(scene.means, 2.0)
    same = coarse_scene(Gaussians(one_depth, *_others(scene)))
    assert {round(float(c), 3) for c in arrays_of(same).colors[0]} == {round(4 / 9, 3)}
    far = one_depth.clone()
    far[torch.arange(18) != 4] = 9.0  # of the first layer only the middle is near, of colour 0
    apart = arrays_of(coarse_scene(Gaussians(far, *_others(scene))))
    assert apart.colors[0].tolist() == [0, 0, 0]


def _others(scene: Gaussians) -> tuple[torch.Tensor, ...]:
    return scene.quats, scene.scales, scene.opacities, scene.colors


def test_scenes_without_a_grid_stay_whole() -> None:
    scene = cloud(77)
    found = arrays_of(coarse_scene(scene))
    np.testing.assert_allclose(found.means, scene.means, rtol=1e-3)
    np.testing.assert_allclose(found.colors, scene.colors, atol=1e-3)


def test_the_bytes_of_a_scene_of_the_models_are_known() -> None:
    cells = 24
    assert coarse_scene(grid(cells)).nbytes == coarse_bytes(2 * cells * cells)


def test_no_torch_is_needed_to_measure_and_score() -> None:
    program = "import sys, sharp_core.quality.score; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
