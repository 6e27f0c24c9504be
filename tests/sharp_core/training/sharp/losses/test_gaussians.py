import pytest
import torch

from sharp_core.models.two_layer.base_gaussians import base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose, scale_delta
from sharp_core.training.sharp.losses.gaussians import (
    delta_loss,
    input_view_variances,
    splat_loss,
)


def deltas(**channels: float) -> torch.Tensor:
    """Deltas (1, 14, 2, 8, 8) that are zero but for x, y, z or the scales."""
    values = torch.zeros(1, DELTA_CHANNELS, 2, 8, 8, dtype=torch.float64)
    at = {"x": [0], "y": [1], "z": [2], "scales": [3, 4, 5]}
    for name, value in channels.items():
        values[:, at[name]] = value
    return values


def variances(deltas_: torch.Tensor, depth_m: float = 3.0) -> torch.Tensor:
    depth = torch.full((1, 2, 16, 16), depth_m, dtype=torch.float64)
    base = base_gaussians(torch.rand(1, 3, 16, 16, dtype=torch.float64), normalize_depth(depth))
    return input_view_variances(compose(base, deltas_), 16)


def test_only_offsets_beyond_the_bound_cost():
    assert delta_loss(deltas(x=399.0, y=-399.0)).item() == 0.0
    assert delta_loss(deltas(x=401.0)).item() == pytest.approx(1.0)
    assert delta_loss(deltas(x=-402.0, y=403.0)).item() == pytest.approx(5.0)
    assert delta_loss(deltas(z=1e6, scales=1e6)).item() == 0.0


def test_a_base_gaussian_has_four_square_pixels_at_any_depth():
    for depth in (0.5, 30.0):
        found = variances(deltas(), depth)
        middle = found.view(2, 8, 8, 2)[:, 3:5, 3:5]  # the affine footprint grows to the border
        torch.testing.assert_close(middle, torch.full_like(middle, 4.0), rtol=0.05, atol=0)


def test_splat_answers_gaussians_that_are_blown_up_or_vanish():
    assert splat_loss(variances(deltas())).item() == 0.0
    large = variances(deltas(scales=float(scale_delta(7.0))))
    small = variances(deltas(scales=float(scale_delta(0.01))))
    assert splat_loss(large).item() == pytest.approx(float((large[:, 1] - 100).mean()))
    assert splat_loss(small).item() == pytest.approx(float((0.1 - small[:, 0]).mean()))
    assert splat_loss(large) > 50


def test_both_bounds_hold_for_a_needle():
    needle = torch.tensor([[0.05, 120.0]])
    assert splat_loss(needle).item() == pytest.approx(20.05)


def test_gaussians_behind_the_camera_do_not_count():
    scene = compose(
        base_gaussians(torch.rand(1, 3, 16, 16), normalize_depth(torch.full((1, 2, 16, 16), 3.0))),
        deltas().float(),
    )
    behind = scene._replace(means=-scene.means)
    assert input_view_variances(behind, 16).shape == (0, 2)
    assert splat_loss(input_view_variances(behind, 16)).item() == 0.0


def test_gradients_equal_finite_differences():
    torch.manual_seed(0)
    raw = torch.randn(1, DELTA_CHANNELS, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    depth = 2 + torch.rand(1, 2, 4, 4, dtype=torch.float64)
    base = base_gaussians(torch.rand(1, 3, 4, 4, dtype=torch.float64), normalize_depth(depth))

    def losses(values: torch.Tensor) -> torch.Tensor:
        found = input_view_variances(compose(base, values), 4)
        return splat_loss(found, smallest=3.0, largest=5.0) + delta_loss(values, 0.5)

    assert torch.autograd.gradcheck(losses, (raw,))


def test_round_footprints_have_finite_gradients():
    raw = deltas().requires_grad_()
    splat_loss(variances(raw), smallest=5.0).backward()
    assert torch.isfinite(raw.grad).all()
