import copy

import pytest
import torch

from sharp_core.training.sharp.freeze import freeze
from sharp_core.training.sharp.initialise import fresh_network
from sharp_core.training.sharp.recompute import recompute_activations
from tests.support.narrow_sharp import NARROW
from tests.support.perceptual import count_kept_numbers


@pytest.mark.slow
def test_gradients_are_the_same_with_fewer_numbers_kept():
    plain = fresh_network(NARROW)
    torch.nn.init.normal_(plain.prediction_head.texture_prediction_head.weight, std=0.1)
    freeze(plain)
    recomputed = copy.deepcopy(plain)
    recompute_activations(recomputed)
    assert plain.state_dict().keys() == recomputed.state_dict().keys()
    torch.manual_seed(0)
    inputs = (torch.rand(1, 3, 512, 512), torch.tensor([0.8]), torch.full((1, 1, 512, 512), 3.0))
    kept = []
    for network in (plain, recomputed):
        with count_kept_numbers() as count:
            stages = network.stages(*inputs)
            kept.append(count())
        sum(value.square().mean() for value in stages.gaussians).backward()
    assert kept[1] < 0.9 * kept[0]
    for (name, one), other in zip(plain.named_parameters(), recomputed.parameters(), strict=True):
        if one.grad is None:
            assert other.grad is None, name
        else:
            torch.testing.assert_close(other.grad, one.grad, msg=name)
