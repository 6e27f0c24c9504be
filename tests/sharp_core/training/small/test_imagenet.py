import pytest
import torch

from sharp_core.models.small.config import SmallConfig
from sharp_core.models.small.encoder import Encoder
from sharp_core.training.small.imagenet import load_imagenet_encoder

CONFIG = SmallConfig()
LAYERS = {
    "expand.0": "_expand_conv",
    "expand.1": "_bn0",
    "depthwise.0": "_depthwise_conv",
    "depthwise.1": "_bn1",
    "project.0": "_project_conv",
    "project.1": "_bn2",
}


def published_name(name):
    """The name that the published file has for a tensor of ours."""
    if name.startswith("stem."):
        return name.replace("stem.0", "_conv_stem").replace("stem.1", "_bn0")
    _, stage, block, layer, part, rest = name.split(".")
    number = sum(s.blocks for s in CONFIG.stages[: int(stage)]) + int(block)
    return f"_blocks.{number}.{LAYERS[f'{layer}.{part}']}.{rest}"


@pytest.fixture
def published():
    torch.manual_seed(1)
    tensors = {published_name(n): torch.rand_like(t.float()).to(t.dtype)
               for n, t in Encoder(CONFIG).state_dict().items()}  # fmt: skip
    return tensors | {"_conv_head.weight": torch.zeros(1), "_fc.bias": torch.zeros(1)}


def test_each_published_tensor_finds_its_place(published, tmp_path):
    torch.save(published, tmp_path / "lite0.pth")
    encoder = Encoder(CONFIG)
    load_imagenet_encoder(encoder, tmp_path / "lite0.pth", CONFIG)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, published[published_name(name)]), name


def test_a_missing_tensor_is_named(published, tmp_path):
    del published["_blocks.3._bn1.weight"]
    torch.save(published, tmp_path / "lite0.pth")
    with pytest.raises(
        ValueError, match=r"1 encoder tensors are missing: .*stages.2.0.depthwise.1"
    ):
        load_imagenet_encoder(Encoder(CONFIG), tmp_path / "lite0.pth", CONFIG)


def test_something_other_than_a_dict_is_refused(tmp_path):
    torch.save([1, 2], tmp_path / "lite0.pth")
    with pytest.raises(TypeError, match="expected a dict of tensors, found list"):
        load_imagenet_encoder(Encoder(CONFIG), tmp_path / "lite0.pth", CONFIG)
