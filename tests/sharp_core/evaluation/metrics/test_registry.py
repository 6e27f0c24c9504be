from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from schemas.errors import UsageError, WeightsMissingError
from sharp_core.evaluation.metrics.entry import MetricWeights
from sharp_core.evaluation.metrics.registry import METRICS, load_metrics
from tests.support.torchvision_features import alexnet_features, save_weights, vgg16_features

CPU = torch.device("cpu")


def test_every_metric_loads_and_tells_equal_images_from_others(tmp_path: Path) -> None:
    weights = MetricWeights(tmp_path / "vgg16.pth", tmp_path / "alexnet.pth")
    save_weights(vgg16_features(), tmp_path / "vgg16.pth")
    save_weights(alexnet_features(), tmp_path / "alexnet.pth")
    image, other = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), np.uint8)
    metrics = load_metrics(METRICS.names, weights, CPU)
    assert list(metrics) == list(METRICS.names)
    for name, compare in metrics.items():
        is_better = compare(image, image) > compare(other, image)
        assert is_better == METRICS.get(name).higher_is_better, name


def test_an_unknown_metric_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        load_metrics(["fid"], MetricWeights(), CPU)
    assert "--metric fid" in caught.value.message
    assert "psnr" in caught.value.hint


def test_weights_are_looked_for_where_torchvision_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(WeightsMissingError, match="vgg16") as caught:
        load_metrics(["dists"], MetricWeights(), CPU)
    assert str(tmp_path / "hub" / "checkpoints" / "vgg16-397923af.pth") in caught.value.message
