from __future__ import annotations

import numpy as np
import torch

from sharp_core.evaluation.flat import DEPTH_M, predict_flat
from sharp_core.evaluation.metrics.psnr import psnr
from sharp_core.models.interface import PredictorInput
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics
from tests.support.stereo_scene import FOCAL_PX, HEIGHT, WIDTH, true_pair


def test_it_is_the_photo_on_a_plane() -> None:
    photo = true_pair().left
    scene = predict_flat(PredictorInput(photo, FOCAL_PX))
    visible = scene.means[: len(scene) // 2, 2]
    torch.testing.assert_close(visible, torch.full_like(visible, DEPTH_M), rtol=2e-3, atol=0)
    camera = Camera(Intrinsics.of_photo(FOCAL_PX, WIDTH, HEIGHT), np.eye(4))
    assert psnr(make_renderer(scene).render(camera).srgb8(), photo) > 28
