"""Against the functions of torch that do the same, slowly."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from sharp_core.models.two_layer.neighborhood import despeckled, local_maximum, local_minimum


def plane(height: int, width: int) -> torch.Tensor:
    return torch.rand(height, width, generator=torch.Generator().manual_seed(height))


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("shape", [(9, 14), (1, 6), (2, 2), (1, 1)])
def test_maximum_and_minimum_are_those_of_the_window_inside_the_map(size, shape):
    values = plane(*shape)
    expected = F.max_pool2d(values[None], size, stride=1, padding=size // 2)[0]
    assert torch.equal(local_maximum(values, size), expected)
    assert torch.equal(local_minimum(-values, size), -expected)


@pytest.mark.parametrize("shape", [(12, 17), (1, 5), (1, 1)])
def test_despeckled_is_the_median_of_nine(shape):
    values = plane(*shape)
    padded = F.pad(values[None, None], (1, 1, 1, 1), mode="replicate")
    expected = F.unfold(padded, 3)[0].median(dim=0).values.view_as(values)
    assert torch.equal(despeckled(values), expected)
