from pathlib import Path

import pytest
import torch

from schemas.errors import WeightsDamagedError, WeightsMissingError
from schemas.training_settings import Start
from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.training.sharp.assemble import first_network, make_teacher
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


@pytest.mark.parametrize("start", [Start.SHARP, Start.DEPTH_PRO])
def test_advice_about_a_checkpoint_names_the_option_of_training(
    tmp_path: Path, start: Start
) -> None:
    path = tmp_path / "weights.pt"
    settings = quick_settings(start=start, weights=path)
    with pytest.raises(WeightsMissingError, match=r"no checkpoint at .*weights\.pt") as missing:
        first_network(settings)
    path.write_bytes(b"rubbish")
    with pytest.raises(WeightsDamagedError, match=r"weights\.pt is not a checkpoint") as damaged:
        first_network(settings)
    for error in (missing, damaged):
        assert "--weights" in error.value.hint
        assert "--checkpoint" not in error.value.hint
