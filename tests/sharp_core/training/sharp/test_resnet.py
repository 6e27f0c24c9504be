import pytest
import torch

from schemas.errors import WeightsDamagedError, WeightsMissingError
from sharp_core.training.sharp.resnet import ResNet50, load_resnet50


def test_resnet_50_gives_four_maps_and_has_the_published_names():
    network = ResNet50().eval()
    with torch.inference_mode():
        maps = network(torch.rand(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (256, 16, 24),
        (512, 8, 12),
        (1024, 4, 6),
        (2048, 2, 3),
    ]
    assert {"conv1.weight", "layer1.0.downsample.1.running_var", "layer4.2.bn3.bias"} <= set(
        network.state_dict()
    )
    assert sum(p.numel() for p in network.parameters()) == 25_557_032 - 2_049_000


def test_torchvision_weights_load_and_others_are_named(tmp_path):
    torch.manual_seed(0)
    published = {**ResNet50().state_dict(), "fc.weight": torch.zeros(1000, 2048)}
    published["fc.bias"] = torch.zeros(1000)
    torch.save(published, tmp_path / "resnet50.pth")
    loaded = load_resnet50(tmp_path / "resnet50.pth").state_dict()
    assert all(torch.equal(loaded[name], published[name]) for name in loaded)

    del published["layer3.5.conv2.weight"]
    torch.save(published, tmp_path / "other.pth")
    with pytest.raises(WeightsDamagedError, match=r"layer3\.5\.conv2\.weight") as error:
        load_resnet50(tmp_path / "other.pth")
    assert "download.pytorch.org" in error.value.hint
    with pytest.raises(WeightsMissingError) as missing:
        load_resnet50(tmp_path / "none.pth")
    assert "download.pytorch.org" in missing.value.hint
    (tmp_path / "rubbish.pth").write_bytes(b"rubbish")
    with pytest.raises(WeightsDamagedError, match="not a checkpoint") as damaged:
        load_resnet50(tmp_path / "rubbish.pth")
    assert "--resnet" in damaged.value.hint
