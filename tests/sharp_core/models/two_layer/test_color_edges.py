from __future__ import annotations

import pytest
import torch

from sharp_core.models.two_layer.color_edges import snap_to_colors

CELLS, STEP, DOUBT = 96, 0.06, 8
NEAR, FAR = 0.9, 0.3
RED, BLUE = torch.tensor([0.8, 0.1, 0.1]), torch.tensor([0.2, 0.4, 0.9])


def is_inside(margin: int) -> torch.Tensor:
    """Tell which cells belong to a post, drawn wider by `margin` cells on each side."""
    inside = torch.zeros(CELLS, CELLS, dtype=torch.bool)
    inside[:, 34 - margin : 64 + margin] = True
    return inside


def picture(noise: float = 0.0) -> torch.Tensor:
    colors = torch.where(is_inside(0), RED[:, None, None], BLUE[:, None, None])
    numbers = torch.Generator().manual_seed(0)
    return (colors + noise * torch.randn(colors.shape, generator=numbers)).clamp(0, 1)


def drawn(margin: int) -> torch.Tensor:
    return torch.where(is_inside(margin), NEAR, FAR)


@pytest.mark.parametrize("margin", [-5, -2, 2, 5])
def test_an_outline_moves_to_the_edge_of_colour(margin):
    snapped = snap_to_colors(drawn(margin), picture(noise=0.03), STEP, DOUBT)
    wrong = (snapped > (NEAR + FAR) / 2) != is_inside(0)
    before = (drawn(margin) > (NEAR + FAR) / 2) != is_inside(0)
    assert wrong.sum() < 0.1 * before.sum()


def test_cells_that_change_sides_get_the_depth_of_the_other_side():
    snapped = snap_to_colors(drawn(4), picture(), STEP, DOUBT)
    is_close = (snapped - NEAR).abs().minimum((snapped - FAR).abs()) < 1e-4
    assert is_close.all()


def test_a_right_outline_stays():
    torch.testing.assert_close(snap_to_colors(drawn(0), picture(), STEP, DOUBT), drawn(0))


def test_without_a_difference_in_colour_an_outline_stays():
    plain = BLUE[:, None, None].expand(3, CELLS, CELLS)
    torch.testing.assert_close(snap_to_colors(drawn(4), plain, STEP, DOUBT), drawn(4))


def test_a_step_too_small_to_tear_stays():
    low = torch.where(is_inside(4), FAR + STEP / 2, FAR)
    torch.testing.assert_close(snap_to_colors(low, picture(), STEP, DOUBT), low)


def test_a_grid_of_an_odd_side_is_served():
    odd = slice(0, CELLS - 1)
    snapped = snap_to_colors(drawn(4)[odd, odd], picture()[:, odd, odd], STEP, DOUBT)
    assert snapped.shape == (CELLS - 1, CELLS - 1)
    assert ((snapped > (NEAR + FAR) / 2) != is_inside(0)[odd, odd]).sum() < 40
