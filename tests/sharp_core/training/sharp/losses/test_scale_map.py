import pytest
import torch

from sharp_core.training.sharp.losses.scale_map import scale_gradient_loss, scale_loss


def checkerboard(block: int) -> torch.Tensor:
    """A map of 128 pixels a side with blocks of 0.5 and 1.5."""
    index = torch.arange(128) // block
    return (0.5 + ((index[:, None] + index) % 2)).view(1, 1, 128, 128).double()


def test_a_constant_factor_costs_its_distance_from_one_and_no_slope():
    factor = torch.full((1, 1, 128, 128), 1.1, dtype=torch.float64)
    assert scale_loss(factor).item() == pytest.approx(0.1)
    assert scale_gradient_loss(factor).item() == pytest.approx(0.0, abs=1e-12)


def test_a_checkerboard_costs_slope_until_downsampling_averages_it():
    # Blocks of 8 pixels are seen at 1/2, 1/4 and 1/8 of the resolution: 1 at every border.
    borders = [2 * 15 * side / side**2 for side in (64, 32, 16)]
    assert scale_gradient_loss(checkerboard(8)).item() == pytest.approx(sum(borders))
    # Blocks of one pixel vanish in the first mean: the loss does not see them.
    assert scale_gradient_loss(checkerboard(1)).item() == pytest.approx(0.0, abs=1e-12)
    assert scale_loss(checkerboard(1)).item() == pytest.approx(0.5)


def test_a_map_of_ones_costs_nothing_and_has_finite_gradients():
    ones = torch.ones(1, 1, 64, 64, requires_grad=True)
    loss = scale_loss(ones) + scale_gradient_loss(ones)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.isfinite(ones.grad).all()


def test_gradients_equal_finite_differences():
    torch.manual_seed(0)
    coarse = (1.2 + 0.1 * torch.rand(1, 1, 2, 2, dtype=torch.float64)).requires_grad_()

    def losses(values: torch.Tensor) -> torch.Tensor:
        fine = torch.nn.functional.interpolate(values, (64, 64), mode="bilinear")
        return scale_loss(fine) + scale_gradient_loss(fine)

    assert torch.autograd.gradcheck(losses, (coarse,))


def test_sides_that_cannot_be_halved_six_times_are_an_error():
    with pytest.raises(ValueError, match="multiples of 64"):
        scale_gradient_loss(torch.ones(1, 1, 96, 128))
