from __future__ import annotations

import torch

from sharp_core.models.two_layer.crisp_disparity import STEEP, crisp_disparity

CELLS = 192


def lab_with_edge(height: int, width: int, edge: float) -> torch.Tensor:
    lab = torch.zeros(3, height, width)
    lab[0, :, : round(edge * width)] = 80
    return lab


def crisp(coarse: torch.Tensor, edge: float) -> torch.Tensor:
    height, width = coarse.shape
    grids = lab_with_edge(height, width, edge), lab_with_edge(CELLS, CELLS, edge)
    return crisp_disparity(coarse, *grids, enlarged=0.1)


def test_a_blurred_step_becomes_a_step_at_the_colour_edge():
    # A ramp of four pixels about the middle of 160, at a colour edge there.
    ramp = torch.linspace(0.9, 0.2, 6)[1:-1]
    row = torch.cat((torch.full((78,), 0.9), ramp, torch.full((78,), 0.2)))
    disparity = crisp(row.expand(120, 160), 0.5)
    # Nothing is left between the two sides; mixed cells went with the near one.
    middle = (disparity > 0.4) & (disparity < 0.7)
    assert not middle.any()
    near = (disparity > 0.5).sum(dim=1)
    assert ((near >= CELLS // 2) & (near <= CELLS // 2 + 5)).all()


def test_a_gentle_slope_stays_as_it_is():
    slope = torch.linspace(0.4, 1.0, 48)[:, None].expand(48, 64)
    disparity = crisp(slope, 0.5)
    expected = torch.linspace(0.4, 1.0, CELLS)
    # Away from the rim, where neighbours lie to one side only.
    torch.testing.assert_close(
        disparity[8:-8], expected[8:-8, None].expand(-1, CELLS), atol=0.01, rtol=0
    )


def test_between_steps_nothing_is_steep():
    noise = torch.rand(48, 64, generator=torch.Generator().manual_seed(0))
    disparity = crisp(0.6 + 0.05 * noise, 0.3)
    assert disparity.diff(dim=1).abs().max() < STEEP / CELLS


def test_bits_too_short_for_things_or_holes_go():
    disparity = torch.full((96, 128), 0.3)
    disparity[20:80, 30:100] = 0.9
    disparity[5:9, 60:64] = 0.9  # in front of the background
    disparity[50:52, 60:62] = 0.3  # behind the thing
    found = crisp(disparity, 0.5)
    assert (found[:34] < 0.31).all()
    assert (found[46:154, 51:144] > 0.89).all()
