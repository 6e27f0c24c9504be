import pytest
import torch
from torch.nn import functional

from sharp_core.models.sharp.network.norm import GroupNorm


def norm_of(groups, channels):
    torch.manual_seed(1)
    norm = GroupNorm(groups, channels).requires_grad_(False)
    norm.weight.normal_(1.0, 0.3)
    norm.bias.normal_()
    return norm


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("groups", [1, 4, 8])
def test_large_maps_are_normalised_to_float32_precision(groups, memory_format):
    norm = norm_of(groups, 8)
    x = (0.3 * torch.randn(2, 8, 301, 203) + 0.5).contiguous(memory_format=memory_format)
    expected = functional.group_norm(
        x.double(), groups, norm.weight.double(), norm.bias.double(), norm.eps
    )
    with torch.inference_mode():
        error = torch.linalg.vector_norm(norm(x) - expected) / torch.linalg.vector_norm(expected)
    assert error < 3e-7


def test_each_image_of_a_batch_is_normalised_alone():
    norm = norm_of(4, 8)
    x = torch.randn(3, 8, 20, 30) * torch.tensor([0.1, 1.0, 10.0]).view(3, 1, 1, 1)
    with torch.inference_mode():
        alone = torch.cat([norm(image[None]) for image in x])
        torch.testing.assert_close(norm(x), alone)


def test_gradients_match_torch_group_norm():
    norm = norm_of(4, 8).requires_grad_(True)
    x = torch.randn(1, 8, 5, 5)
    norm(x).square().sum().backward()
    weight, bias = norm.weight.detach().requires_grad_(), norm.bias.detach().requires_grad_()
    functional.group_norm(x, 4, weight, bias).square().sum().backward()
    torch.testing.assert_close(norm.weight.grad, weight.grad)
    torch.testing.assert_close(norm.bias.grad, bias.grad)
