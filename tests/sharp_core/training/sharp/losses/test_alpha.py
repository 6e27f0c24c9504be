import math

import pytest
import torch

from sharp_core.training.sharp.losses.alpha import alpha_loss


def test_mean_of_negative_logarithms():
    alpha = torch.tensor([[1.0, 0.5], [0.25, 1.0]], dtype=torch.float64)
    assert alpha_loss(alpha).item() == pytest.approx(3 * math.log(2) / 4)
    mask = torch.tensor([[False, True], [False, False]])
    assert alpha_loss(alpha, mask).item() == pytest.approx(math.log(2))


def test_a_hole_costs_a_finite_amount_and_full_cover_nothing():
    alpha = torch.zeros(4, 4, requires_grad=True)
    loss = alpha_loss(alpha)
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(1e-4), rel=1e-5)
    assert torch.isfinite(alpha.grad).all()
    assert alpha_loss(torch.ones(4, 4)).item() == 0.0


def test_gradient_equals_finite_differences():
    torch.manual_seed(0)
    alpha = (0.05 + 0.9 * torch.rand(3, 4, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(alpha_loss, (alpha,))
