"""Against the functions of torch that do the same, slowly."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from sharp_core.models.two_layer.neighborhood import (
    despeckled,
    local_maximum,
    local_mean,
    local_minimum,
    without_islands,
)


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


@pytest.mark.parametrize("shape", [(3, 9, 14), (1, 1, 6), (2, 1, 1)])
def test_the_mean_is_that_of_the_window_with_the_rim_repeated(shape):
    values = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    padded = F.pad(values, (2, 2, 2, 2), mode="replicate")
    torch.testing.assert_close(local_mean(values, 5), F.avg_pool2d(padded, 5, stride=1))


def covered(*parts: tuple[slice, slice]) -> torch.Tensor:
    values = torch.zeros(40, 50)
    for part in parts:
        values[part] = 1
    return values


ISLANDS = {
    "a square": (slice(10, 17), slice(20, 27)),
    "a short line": (slice(10, 11), slice(20, 27)),
}
THINGS = {
    "a line across": (slice(10, 11), slice(20, 28)),
    "a line down": (slice(10, 18), slice(20, 21)),
    "a block": (slice(5, 35), slice(20, 45)),
    "at the rim": (slice(37, 40), slice(0, 3)),
}


@pytest.mark.parametrize("part", ISLANDS.values(), ids=ISLANDS.keys())
def test_what_holds_no_line_goes(part):
    assert torch.equal(without_islands(covered(part), 8), covered())


@pytest.mark.parametrize("part", THINGS.values(), ids=THINGS.keys())
def test_what_holds_a_line_stays_with_its_outline(part):
    assert torch.equal(without_islands(covered(part), 8), covered(part))


@pytest.mark.parametrize("slope", [1, -1])
def test_a_diagonal_line_stays(slope):
    diagonal = covered()
    for step in range(8):
        diagonal[15 + slope * step, 20 + step] = 1
    assert torch.equal(without_islands(diagonal, 8), diagonal)


@pytest.mark.parametrize("degrees", [20, 25, 30, 35, 55, 65, 110, 155])
def test_a_slanted_bar_stays(degrees):
    rows, columns = torch.meshgrid(torch.arange(90.0), torch.arange(90.0), indexing="ij")
    angle = math.radians(degrees)
    along = (columns - 45) * math.cos(angle) + (rows - 45) * math.sin(angle)
    across = (rows - 45) * math.cos(angle) - (columns - 45) * math.sin(angle)
    bar = ((along.abs() < 30) & (across.abs() < 2)).float()
    assert without_islands(bar, 16).sum() > 0.8 * bar.sum()


def test_an_island_sinks_to_what_is_around_it():
    values = 0.5 * covered((slice(5, 35), slice(10, 45)))
    island = values.clone()
    island[12:17, 20:25] = 1
    assert torch.equal(without_islands(island, 8), values)


def test_a_map_smaller_than_a_line_stays():
    values = plane(3, 2)
    assert torch.equal(without_islands(values, 8), values)
