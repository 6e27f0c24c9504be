from __future__ import annotations

import pytest
import torch

from sharp_core.models.two_layer.crisp_disparity import STEEP
from sharp_core.models.two_layer.hidden_layer import grow_hidden

CELLS = 128
RED, BLUE = torch.tensor([0.9, 0.1, 0.1]), torch.tensor([0.1, 0.1, 0.9])


@pytest.fixture
def thing() -> torch.Tensor:
    """Tell which cells belong to a thing in front of a background."""
    inside = torch.zeros(CELLS, CELLS, dtype=torch.bool)
    inside[40:90, 50:66] = True
    return inside


def scene(thing: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    disparity = torch.where(thing, 0.9, 0.3)
    colors = torch.where(thing, RED[:, None, None], BLUE[:, None, None])
    return disparity, colors


def test_the_background_goes_on_behind_a_thing(thing):
    disparity, colors = scene(thing)
    hidden = grow_hidden(disparity, colors)
    torch.testing.assert_close(
        hidden.disparity[thing], torch.tensor(0.3).expand(800), rtol=0.02, atol=0
    )
    torch.testing.assert_close(hidden.colors[:, thing], BLUE[:, None].expand(3, 800))
    assert hidden.grown[thing].all()


def test_far_from_things_it_lies_close_behind_what_is_seen(thing):
    disparity, colors = scene(thing)
    hidden = grow_hidden(disparity, colors)
    torch.testing.assert_close(hidden.disparity[:20], disparity[:20], rtol=0.02, atol=0)
    torch.testing.assert_close(hidden.colors[:, :20], colors[:, :20])
    assert not hidden.grown[:20].any()


def test_a_background_tinged_by_the_thing_is_no_source(thing):
    disparity, _ = scene(thing)
    rim = torch.nn.functional.max_pool2d(thing[None].float(), 5, stride=1, padding=2)[0] > 0
    tinged = torch.where(rim, RED[:, None, None], BLUE[:, None, None])
    hidden = grow_hidden(disparity, tinged)
    torch.testing.assert_close(hidden.colors[:, thing], BLUE[:, None].expand(3, 800))


@pytest.mark.parametrize("seed", range(3))
def test_it_is_never_before_the_visible_layer_and_cannot_tear(seed):
    numbers = torch.Generator().manual_seed(seed)
    blocks = torch.rand(1, 1, 8, 8, generator=numbers)
    disparity = torch.nn.functional.interpolate(0.1 + 0.9 * blocks, size=(CELLS, CELLS))[0, 0]
    hidden = grow_hidden(disparity, torch.rand(3, CELLS, CELLS, generator=numbers))
    assert (hidden.disparity < disparity).all()
    assert (hidden.disparity > 0).all()
    for dim in (0, 1):
        assert hidden.disparity.diff(dim=dim).abs().max() <= 1.001 * STEEP / CELLS
