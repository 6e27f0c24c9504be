from __future__ import annotations

import numpy as np
import pytest
import torch

from sharp_core.views.turbo import turbo


@pytest.mark.parametrize(
    ("value", "color"),  # of the published map
    [(0.0, "30123b"), (0.25, "28bceb"), (0.5, "a4fc3c"), (0.75, "fb7e21"), (1.0, "7a0403")],
)
def test_colors_match_the_published_map_within_a_few_levels(value, color):
    expected = np.array(list(bytes.fromhex(color)), int)
    assert np.abs(turbo(torch.tensor(value)).astype(int) - expected).max() <= 5


def test_values_out_of_range_take_the_color_of_the_end():
    colors = turbo(torch.tensor([[-1.0, 0.0], [1.0, 7.0]]))
    assert colors.shape == (2, 2, 3)
    assert (colors[0, 0] == colors[0, 1]).all()
    assert (colors[1, 0] == colors[1, 1]).all()


def test_neighbours_have_similar_colors():
    steps = np.diff(turbo(torch.linspace(0, 1, 512)).astype(int), axis=0)
    assert np.abs(steps).max() <= 4
