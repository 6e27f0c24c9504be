from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from sharp_core.budget.fit import fit
from sharp_core.scene.cameras import Camera, fit_long_side
from sharp_core.views.prune import psnr_between
from tests.support.scenes import PHOTO, photo_scene

HERE = Camera(fit_long_side(PHOTO, 96), np.eye(4))


def test_fit_approaches_the_scene_and_does_not_depend_on_threads() -> None:
    scene = photo_scene(cells=12)
    start = replace(scene, colors=scene.colors * 0.7, scales=scene.scales * 1.2)
    one, two = (fit(start, scene, [HERE], threads, steps=12) for threads in (1, 2))
    assert psnr_between(scene, one, [HERE]) > psnr_between(scene, start, [HERE]) + 3
    for name in ("means", "quats", "scales", "opacities", "colors"):
        assert torch.equal(getattr(one, name), getattr(two, name))
    one.check()


def test_gaussians_out_of_view_keep_their_shapes() -> None:
    scene = photo_scene(cells=8)
    away = torch.zeros(len(scene), dtype=torch.bool)
    away[0] = True
    scene = replace(scene, means=torch.where(away[:, None], -scene.means, scene.means))
    fitted = fit(scene, scene, [HERE], 1, steps=2)
    assert torch.allclose(fitted.means[0], scene.means[0])
    assert torch.allclose(fitted.scales[0], scene.scales[0])
