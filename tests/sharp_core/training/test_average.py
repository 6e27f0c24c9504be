import pytest
import torch
from torch import nn

from sharp_core.training.average import WeightAverage


def test_the_average_follows_the_naive_formula():
    network = nn.Linear(2, 1)
    average = WeightAverage(network, 0.6)
    expected = network.weight.detach().clone()
    for update in range(1, 6):
        with torch.no_grad():
            network.weight.add_(1.0)
        average.update(network)
        kept = min(0.6, (1 + update) / (10 + update))
        expected = kept * expected + (1 - kept) * network.weight.detach()
    torch.testing.assert_close(average.tensors["weight"], expected)


def test_a_loaded_average_goes_on_as_the_first_would():
    network = nn.BatchNorm2d(3)
    average = WeightAverage(network, 0.9)
    average.update(network)
    other = WeightAverage(nn.BatchNorm2d(3), 0.9)
    other.load(average.state())
    network(torch.rand(2, 3, 4, 4))
    for one in (average, other):
        one.update(network)
    for name, tensor in average.tensors.items():
        assert torch.equal(tensor, other.tensors[name])
    assert other.updates == 2
    assert average.tensors["num_batches_tracked"].item() == pytest.approx(1)
