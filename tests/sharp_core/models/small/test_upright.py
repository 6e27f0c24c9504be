from __future__ import annotations

import pytest
import torch

from sharp_core.models.small.upright import stand_upright
from sharp_core.models.two_layer.crisp_disparity import TEARING_STEP

WIDTH = 240
FOOT, TOP = 0.8, 0.4


def ground(behind: float = 0.1) -> torch.Tensor:
    """Return a wall above a ground that comes nearer towards the lower rim."""
    rows = torch.cat((torch.full((100,), behind), torch.linspace(behind, 0.9, 80)))
    return rows[:, None].repeat(1, WIDTH)


def with_thing(columns: slice, foot: float = FOOT, top: float = TOP) -> torch.Tensor:
    """Add a thing that leans back, from near its foot on the ground to the upper rim."""
    plane = ground()
    leaning = torch.linspace(top, foot, 165)[:, None]
    plane[:165, columns] = torch.maximum(plane[:165, columns], leaning)
    return plane


def test_a_pole_is_as_near_above_as_at_its_foot():
    upright = stand_upright(with_thing(slice(100, 106)))
    assert (upright[5:150, 100:106] > FOOT - 0.1).all()
    assert (upright[5:150, 100:106] < FOOT + 0.05).all()


def test_a_slanted_pole_too():
    plane = ground()
    for row in range(165):
        start = 100 - row // 5
        plane[row, start : start + 6] = TOP + (FOOT - TOP) * row / 165
    upright = stand_upright(plane)
    assert upright[5, 101:104].min() > FOOT - 0.1


def test_all_else_stays_as_it_is():
    plane = with_thing(slice(100, 106))
    changed = (stand_upright(plane) - plane).abs() > 1e-6
    assert not changed[:, :98].any()
    assert not changed[:, 108:].any()


@pytest.mark.parametrize("columns", [slice(40, 150), slice(0, 0)], ids=["a broad thing", "ground"])
def test_what_is_not_narrow_stays(columns):
    plane = with_thing(columns)
    torch.testing.assert_close(stand_upright(plane), plane)


def test_what_a_pole_hides_stays_behind_it():
    plane = with_thing(slice(100, 106), top=FOOT)
    plane[20:60, 106:112] = 0.3  # a narrow thing beside it, farther away
    upright = stand_upright(plane)
    torch.testing.assert_close(upright[20:60, 106:112], plane[20:60, 106:112])


def test_no_gap_opens_where_a_pole_joins_something_broad():
    plane = with_thing(slice(100, 106))
    plane[:60, 40:160] = torch.maximum(plane[60, 100], torch.tensor(0.4))  # a crown on a trunk
    upright = stand_upright(plane)
    assert upright[:140, 102].diff().abs().max() < TEARING_STEP / 2


def test_a_map_without_anything_near_stays():
    nothing = torch.zeros(40, 60)
    assert torch.equal(stand_upright(nothing), nothing)
