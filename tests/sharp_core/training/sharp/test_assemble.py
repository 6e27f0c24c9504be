import pytest
import torch

from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.training.sharp.assemble import make_teacher
from tests.support.narrow_sharp import NARROW, quick_settings


def test_the_teacher_is_where_the_network_is_and_does_not_follow_it() -> None:
    with torch.device("meta"):
        network = SharpNetwork(NARROW)
    teacher = make_teacher(network, quick_settings())
    assert {tensor.device.type for tensor in teacher.network.state_dict().values()} == {"meta"}

    network = SharpNetwork(NARROW)
    teacher = make_teacher(network, quick_settings())
    with torch.no_grad():
        network.feature_model.fusion.out_conv.weight.fill_(7.0)
    assert teacher.network.feature_model.fusion.out_conv.weight.max() != pytest.approx(7.0)
    assert not any(weight.requires_grad for weight in teacher.network.parameters())
