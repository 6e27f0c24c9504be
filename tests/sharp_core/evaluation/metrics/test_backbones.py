from __future__ import annotations

from pathlib import Path

import pytest
import torch

from schemas.errors import WeightsDamagedError, WeightsMissingError
from sharp_core.evaluation.metrics.backbones import ALEXNET, VGG16, Backbone, BackboneSpec
from tests.support.torchvision_features import alexnet_features, save_weights, vgg16_features

TAPS = {"vgg16": (3, 8, 15, 22, 29), "alexnet": (1, 4, 7, 9, 11)}  # relu1_2 2_2 3_3 4_3 5_3


@pytest.mark.parametrize(
    ("spec", "make"), [(VGG16, vgg16_features), (ALEXNET, alexnet_features)], ids=["vgg", "alex"]
)
def test_the_maps_are_those_of_torchvisions_layers(
    spec: BackboneSpec, make: type, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    features = make()
    save_weights(features, tmp_path / "weights.pth")
    backbone = Backbone(spec)
    backbone.load_weights(spec, tmp_path / "weights.pth", "--file")
    x = image = torch.rand(1, 3, 64, 64)
    expected = []
    for number, layer in enumerate(features):
        x = layer(x)
        if number in TAPS[spec.name]:
            expected.append(x)
    maps = backbone(image)
    assert tuple(found.shape[1] for found in maps) == spec.channels
    for found, truth in zip(maps, expected, strict=True):
        torch.testing.assert_close(found, truth)


def test_without_weights_one_error_says_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError) as caught:
        Backbone(ALEXNET).load_weights(ALEXNET, tmp_path / "none.pth", "--alexnet")
    assert "none.pth" in caught.value.message
    assert "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth" in caught.value.hint
    assert "--alexnet" in caught.value.hint


@pytest.mark.parametrize("kind", ["rubbish", "other network", "no layers", "a list"])
def test_a_file_of_something_else_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    if kind == "rubbish":
        path.write_bytes(b"<html>not found</html>")
    elif kind == "other network":
        save_weights(vgg16_features()[:12], path)
    else:
        torch.save({} if kind == "no layers" else [1], path)
    with pytest.raises(
        WeightsDamagedError, match=r"does not hold torchvision's weights of alexnet"
    ):
        Backbone(ALEXNET).load_weights(ALEXNET, path, "--alexnet")
