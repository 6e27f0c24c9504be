from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sharp_core.render.api import render
from sharp_core.render.cpu.weights import blend_weights
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import prune, psnr_between
from tests.support.scenes import PHOTO, photo_scene

HERE = Camera(PHOTO, np.eye(4))


def joined(*scenes: Gaussians) -> Gaussians:
    return Gaussians(*(torch.cat(list(f)) for f in zip(*map(fields, scenes), strict=True)))


def fields(scene: Gaussians) -> list[torch.Tensor]:
    return [getattr(scene, name) for name in scene.__slots__]


def behind(scene: Gaussians, metres: float) -> Gaussians:
    """Return the scene moved back and enlarged, so that the front hides it from everywhere."""
    return replace(
        scene, means=scene.means * torch.tensor([0.2, 0.2, 1]) + torch.tensor([0, 0, metres])
    )


def test_weights_match_the_contribution_of_each_gaussian() -> None:
    scene = photo_scene(cells=4)
    weights = blend_weights(scene, [HERE])
    for number in range(len(scene)):
        own = torch.zeros(len(scene), 3)
        own[number] = 1.0  # the only one that shines
        shown = render(replace(scene, colors=own), HERE, engine="cpu").color_linear
        assert weights.maximum[number] == pytest.approx(float(shown.max()), abs=1e-5)
        area = float(shown[..., 0].sum())
        assert weights.total[number] == pytest.approx(area, rel=1e-4, abs=1e-4)


def test_pruning_removes_hidden_gaussians_and_keeps_the_renders() -> None:
    front = photo_scene()
    front = replace(front, opacities=torch.full_like(front.opacities, 0.999))
    scene = joined(front, behind(photo_scene(), 40.0))
    pruning = prune(scene, PHOTO)
    hidden = pruning.is_seen[len(front) :]
    assert hidden.float().mean() < 0.02
    assert pruning.psnr_db > 50
    left = pruning.remove_unseen(scene)
    assert len(left) == int(pruning.is_seen.sum()) < 0.6 * len(scene)
    assert psnr_between(scene, pruning.make_transparent(scene), [HERE]) > 50
    assert len(pruning.make_transparent(scene)) == len(scene)


def test_an_invisible_scene_is_refused() -> None:
    scene = photo_scene(cells=8)
    with pytest.raises(ValueError, match="nothing of it can be seen"):
        prune(replace(scene, opacities=torch.zeros_like(scene.opacities)), PHOTO)
