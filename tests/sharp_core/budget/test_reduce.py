from __future__ import annotations

import numpy as np
import pytest
import torch

from sharp_core.budget.reduce import reduce_to
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between
from tests.support.scenes import PHOTO, photo_scene


def by_opacity_and_size(scene: Gaussians, most: int) -> Gaussians:
    sizes = scene.scales.sort(dim=1).values[:, 1:].prod(dim=1) * scene.opacities
    return scene.select(sizes.topk(most).indices.sort().values)


@pytest.fixture(scope="module")
def scene() -> Gaussians:
    return photo_scene(cells=30)


def test_merging_beats_leaving_out_and_tells_the_loss(scene: Gaussians) -> None:
    reduced = reduce_to(scene, PHOTO, 400)
    assert reduced is not None
    assert len(reduced.gaussians) == 400
    reduced.gaussians.check()
    from sharp_core.budget.head_views import cameras_at, head_box

    here = cameras_at(np.zeros((1, 3)), head_box(scene, PHOTO), PHOTO)
    left_out = psnr_between(scene, by_opacity_and_size(scene, 400), here)
    assert reduced.eye_db == pytest.approx(psnr_between(scene, reduced.gaussians, here))
    assert reduced.eye_db > left_out + 10
    assert reduced.aside_db > left_out + 10


def test_equal_input_gives_equal_output(scene: Gaussians) -> None:
    one, two = (reduce_to(scene, PHOTO, 300, threads=threads) for threads in (1, 2))
    assert one is not None
    assert two is not None
    assert (one.gaussians.to_array() == two.gaussians.to_array()).all()


def test_a_scene_within_the_budget_stays_whole(scene: Gaussians) -> None:
    assert reduce_to(scene, PHOTO, len(scene)) is None


def test_a_size_that_writers_take_for_a_grid_is_avoided(scene: Gaussians) -> None:
    reduced = reduce_to(scene, PHOTO, 2 * 20 * 20)
    assert reduced is not None
    assert len(reduced.gaussians) == 2 * 20 * 20 - 1


def test_a_360_scene_keeps_what_is_all_around(scene: Gaussians) -> None:
    behind = Gaussians(
        scene.means * torch.tensor([1.0, 1.0, -1.0]),
        *(getattr(scene, name) for name in ("quats", "scales", "opacities", "colors")),
    )
    both = Gaussians(
        *(
            torch.cat([getattr(scene, name), getattr(behind, name)])
            for name in ("means", "quats", "scales", "opacities", "colors")
        )
    )
    reduced = reduce_to(both, PHOTO, 500, is_360=True)
    assert reduced is not None
    assert 150 < int((reduced.gaussians.means[:, 2] < 0).sum()) < 350


def test_an_invisible_scene_is_refused(scene: Gaussians) -> None:
    hidden = Gaussians(scene.means, scene.quats, scene.scales, scene.opacities * 0, scene.colors)
    with pytest.raises(ValueError, match="nothing of it can be seen"):
        reduce_to(hidden, PHOTO, 100)
