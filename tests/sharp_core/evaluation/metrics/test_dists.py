from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from sharp_core.evaluation.metrics.dists import DistsMetric
from tests.support.torchvision_features import save_weights, vgg16_features

CPU = torch.device("cpu")
RNG = np.random.default_rng(2)
TARGET = RNG.integers(0, 256, (48, 56, 3), np.uint8)


def theirs(features: nn.Sequential, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """Return torchmetrics' DISTS over the same untrained backbone."""
    from torchmetrics.functional.image import dists

    # These come from torchvision, which is not needed for an untrained network.
    monkeypatch.setattr(dists, "_TORCHVISION_AVAILABLE", True)
    monkeypatch.setattr(dists, "VGG16_Weights", SimpleNamespace(DEFAULT=None), raising=False)
    monkeypatch.setattr(
        dists, "vgg16", lambda **_: SimpleNamespace(features=features), raising=False
    )
    return dists.DISTSNetwork()


def test_it_equals_torchmetrics_over_the_same_backbone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    features = vgg16_features()
    save_weights(features, tmp_path / "weights.pth")
    metric = DistsMetric(tmp_path / "weights.pth", "--vgg16", CPU)
    reference = theirs(features, monkeypatch)
    distances = []
    for level in (10, 40, 120):
        rendered = (TARGET + RNG.normal(0, level, TARGET.shape)).clip(0, 255).astype(np.uint8)
        one, other = (
            torch.from_numpy(i / np.float32(255)).permute(2, 0, 1)[None] for i in (rendered, TARGET)
        )
        expected = reference(one, other).item()
        distances.append(metric(rendered, TARGET))
        assert distances[-1] == pytest.approx(expected, abs=2e-6)
    assert 0 < distances[0] < distances[1] < distances[2]
    assert metric(TARGET, TARGET) == pytest.approx(0, abs=1e-6)


def test_blur_counts(tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_weights(vgg16_features(), tmp_path / "weights.pth")
    metric = DistsMetric(tmp_path / "weights.pth", "--vgg16", CPU)
    blurred = ((TARGET.astype(int) + np.roll(TARGET, 1, 0)) // 2).astype(np.uint8)
    assert metric(blurred, TARGET) > 0.001
