import pytest
import torch

from sharp_core.models.small.detail import resized, with_detail


def ramp(height, width):
    return torch.linspace(0, 1, height)[:, None].expand(height, width).contiguous()


@pytest.mark.parametrize("scale, shift", [(1.0, 0.0), (3.0, -2.0)])
def test_a_map_keeps_its_own_shape_whatever_the_scale_and_shift_of_the_fine_one(scale, shift):
    fine = ramp(128, 192)
    found = with_detail(resized(fine[None], 64, 96)[0], scale * fine + shift)
    torch.testing.assert_close(found, fine, atol=6e-3, rtol=0)


def test_detail_comes_from_the_fine_map_and_broad_shape_from_the_coarse_one():
    coarse = ramp(64, 96)
    fine = 0.5 * resized(coarse[None], 128, 192)[0]
    fine[60:64, 90:94] += 0.3  # a small thing, which the coarse map lacks
    fine[:, :96] += 0.4  # a whole half, of which the coarse map says otherwise
    found = with_detail(coarse, fine)
    small_thing = found[60:64, 90:94].mean() - found[60:64, 80:84].mean()
    assert small_thing > 0.15
    halves = found[:, :80].mean() - found[:, 112:].mean()
    assert abs(halves) < 0.05


def test_a_flat_fine_map_adds_nothing():
    coarse = ramp(64, 96)
    found = with_detail(coarse, torch.full((128, 192), 0.7))
    torch.testing.assert_close(found, resized(coarse[None], 128, 192)[0], atol=0.03, rtol=0)


def test_detail_does_not_push_a_far_wall_to_infinity():
    coarse = torch.full((64, 96), 0.06)
    coarse[:16], coarse[48:] = 0.0, 1.0  # sky above the wall, ground below it
    fine = resized(coarse[None], 128, 192)[0]
    fine[70:80, 80:100] -= 0.2
    found = with_detail(coarse, fine)
    assert found[70:80, 80:100].min() > 0.02
