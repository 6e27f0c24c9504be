from __future__ import annotations

import pytest
import torch

from sharp_core.models.two_layer.base_gaussians import (
    BaseGaussians,
    base_gaussians,
    normalize_depth,
)
from sharp_core.models.two_layer.composer import (
    DELTA_CHANNELS,
    compose,
    inverse_softplus,
    scale_delta,
)
from sharp_core.scene.colors import linear_to_srgb

G = 3
CELL = 2 / G


@pytest.fixture
def base() -> BaseGaussians:
    numbers = torch.Generator().manual_seed(3)
    image = 0.1 + 0.8 * torch.rand(2, 3, 2 * G, 2 * G, generator=numbers)
    depth = 2 + 3 * torch.rand(2, 2, 2 * G, 2 * G, generator=numbers)
    return base_gaussians(image, normalize_depth(depth))


def zeros() -> torch.Tensor:
    return torch.zeros(2, DELTA_CHANNELS, 2, G, G)


def test_zero_deltas_give_the_base_back(base):
    ndc = compose(base, zeros())
    metres = base.global_scale[:, None]
    z = metres / (base.disparity.flatten(1) + 1e-3)
    torch.testing.assert_close(ndc.means[..., 2], z)
    torch.testing.assert_close(ndc.scales, (CELL * z)[..., None].expand(-1, -1, 3))
    torch.testing.assert_close(ndc.quats, torch.tensor([1.0, 0, 0, 0]).expand(2, 2 * G * G, 4))
    torch.testing.assert_close(ndc.opacities, torch.full((2, 2 * G * G), 0.5))
    srgb = linear_to_srgb(ndc.colors)
    torch.testing.assert_close(srgb, base.colors.flatten(2).transpose(1, 2))


def test_the_order_is_layer_row_column(base):
    ndc = compose(base, zeros())
    x_over_z = ndc.means[0, :, 0] / ndc.means[0, :, 2]
    y_over_z = ndc.means[0, :, 1] / ndc.means[0, :, 2]
    torch.testing.assert_close(x_over_z, base.x.repeat(2 * G))
    torch.testing.assert_close(y_over_z, base.y.repeat_interleave(G).repeat(2))
    delta = zeros()
    delta[0, 13, 1, 2, 0] = 1.0
    changed = compose(base, delta).opacities[0] != 0.5
    assert changed.nonzero().flatten().tolist() == [1 * G * G + 2 * G + 0]


def test_positions_move_by_thousandths(base):
    delta = zeros()
    delta[:, 0], delta[:, 1] = 10.0, -20.0
    before, after = compose(base, zeros()).means, compose(base, delta).means
    moved = (after - before) / before[..., 2:]
    torch.testing.assert_close(moved[..., 0], torch.full_like(moved[..., 0], 0.01))
    torch.testing.assert_close(moved[..., 1], torch.full_like(moved[..., 1], -0.02))


def test_a_nearer_gaussian_keeps_its_direction_and_its_angle(base):
    delta = zeros()
    delta[:, 2] = 100.0
    before, after = compose(base, zeros()), compose(base, delta)
    assert (after.means[..., 2] < before.means[..., 2]).all()
    for ndc in (before, after):
        torch.testing.assert_close(
            ndc.scales / ndc.means[..., 2:], torch.full_like(ndc.scales, CELL)
        )
    directions = [ndc.means[..., :2] / ndc.means[..., 2:] for ndc in (before, after)]
    torch.testing.assert_close(*directions)


@pytest.mark.parametrize("factor", [0.05, 0.5, 1.0, 3.0, 9.5])
def test_scale_delta_multiplies_the_scale(base, factor):
    delta = zeros()
    delta[:, 4] = scale_delta(factor)
    before, after = compose(base, zeros()).scales, compose(base, delta).scales
    torch.testing.assert_close(after[..., 1], factor * before[..., 1], rtol=1e-4, atol=0)
    torch.testing.assert_close(after[..., [0, 2]], before[..., [0, 2]])


def test_large_deltas_stay_within_the_ranges(base):
    for extreme in (-1e4, 1e4):
        ndc = compose(base, torch.full_like(zeros(), extreme))
        assert all(bool(torch.isfinite(values).all()) for values in ndc)
        assert (ndc.opacities >= 0).all() and (ndc.opacities <= 1).all()
        assert (ndc.colors >= 0).all() and (ndc.colors <= 1).all()
        assert (ndc.means[..., 2] > 0).all()


def test_deltas_of_another_grid_are_refused(base):
    with pytest.raises(ValueError, match="shape"):
        compose(base, torch.zeros(2, DELTA_CHANNELS, 2, G, G + 1))


def test_inverse_softplus_undoes_softplus():
    values = torch.logspace(-6, 2, 50, dtype=torch.float64)
    torch.testing.assert_close(torch.nn.functional.softplus(inverse_softplus(values)), values)
    assert torch.isfinite(inverse_softplus(torch.zeros(1))).all()
