"""What a narrow network learns in some dozens of steps on one place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sharp_core.models.sharp.network.alignment import DepthAlignment
from sharp_core.training.sharp.losses.depth import depth_loss
from sharp_core.training.sharp.losses.scale_map import scale_gradient_loss, scale_loss
from sharp_core.training.sharp.run_folder import RunFolder
from sharp_core.training.sharp.settings import OptimizerSettings
from sharp_core.training.sharp.trainer import Trainer
from tests.support.narrow_sharp import quick_settings
from tests.support.training_scenes import SquarePairs


@pytest.mark.slow
@pytest.mark.usefixtures("narrow")
def test_the_loss_falls_and_novel_views_get_better(tmp_path):
    settings = quick_settings(
        steps=30, flip=0.0, optimizer=OptimizerSettings(rate=3e-3, last_rate=3e-4, average=0.8)
    )
    run = Trainer(settings, SquarePairs(64), RunFolder(tmp_path), torch.device("cpu"))
    before = run.held_out_psnr()
    losses = []
    run.run(on_step=lambda report: losses.append(report.loss))
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    assert run.held_out_psnr() > before + 0.3


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_the_scale_map_moves_towards_the_truth_and_no_further(factor):
    torch.manual_seed(0)
    alignment = DepthAlignment()
    torch.nn.init.zeros_(alignment.scale_map_estimator.conv_out.weight)
    torch.nn.init.zeros_(alignment.scale_map_estimator.conv_out.bias)
    predicted = 1 + torch.rand(1, 1, 2, 2).repeat_interleave(32, 2).repeat_interleave(32, 3)
    true = factor * predicted
    adam = torch.optim.Adam(alignment.parameters(), lr=3e-3)
    for _ in range(40):
        scale_map = alignment(predicted, true)
        # As weighted in the paper.
        loss = 0.2 * depth_loss(scale_map * predicted, true)
        loss = loss + 0.1 * scale_loss(scale_map) + 5.0 * scale_gradient_loss(scale_map)
        adam.zero_grad()
        loss.backward()
        adam.step()
    mean = alignment(predicted, true).mean().item()
    if factor == 1.0:
        assert mean == pytest.approx(1.0, abs=0.02)
    else:
        assert 1.05 < mean < factor + 0.05
