from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sharp_core.evaluation.metrics.backbones import ALEXNET, VGG16, BackboneSpec
from sharp_core.evaluation.metrics.lpips import LpipsMetric
from tests.support.torchvision_features import alexnet_features, save_weights, vgg16_features

CPU = torch.device("cpu")
RNG = np.random.default_rng(2)
TARGET = RNG.integers(0, 256, (48, 56, 3), np.uint8)


def noisy(level: float) -> np.ndarray:
    return (TARGET + RNG.normal(0, level, TARGET.shape)).clip(0, 255).astype(np.uint8)


def theirs(net: str, features: nn.Sequential, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """Return torchmetrics' LPIPS over the same untrained backbone."""
    from torchmetrics.functional.image import lpips

    monkeypatch.setattr(lpips, "_get_tv_model_features", lambda *_: features)  # needs torchvision
    return lpips._LPIPS(pretrained=True, net=net, pnet_rand=True)


@pytest.mark.parametrize(
    ("spec", "net", "make"),
    [(VGG16, "vgg", vgg16_features), (ALEXNET, "alex", alexnet_features)],
    ids=["vgg", "alex"],
)
def test_it_equals_torchmetrics_over_the_same_backbone(
    spec: BackboneSpec, net: str, make: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    features = make()
    save_weights(features, tmp_path / "weights.pth")
    metric = LpipsMetric(spec, tmp_path / "weights.pth", "--file", CPU)
    reference = theirs(net, features, monkeypatch)
    distances = []
    for level in (3, 30, 120):
        rendered = noisy(level)
        one, other = (
            torch.from_numpy(i / np.float32(255)).permute(2, 0, 1)[None] for i in (rendered, TARGET)
        )
        with torch.inference_mode():
            expected = float(reference(one, other, normalize=True))
        distances.append(metric(rendered, TARGET))
        assert distances[-1] == pytest.approx(expected, rel=1e-4)
    assert 0 < distances[0] < distances[1] < distances[2]
    assert metric(TARGET, TARGET) == 0


def test_a_tiny_image_is_refused(tmp_path: Path) -> None:
    save_weights(alexnet_features(), tmp_path / "weights.pth")
    metric = LpipsMetric(ALEXNET, tmp_path / "weights.pth", "--file", CPU)
    with pytest.raises(ValueError, match="at least 32 px, found 56 x 20 px"):
        metric(TARGET[:20], TARGET[:20])
