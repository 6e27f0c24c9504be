import math

import pytest
import torch

from sharp_core.training.sharp.losses.depth import depth_loss, grad_loss, tv_loss


def test_depth_compares_inverse_metres_where_the_truth_is_known():
    depth = torch.tensor([[2.0, 4.0], [1.0, 5.0]], dtype=torch.float64).view(1, 1, 2, 2)
    true = torch.tensor([[1.0, 4.0], [0.0, math.inf]], dtype=torch.float64).view(1, 1, 2, 2)
    assert depth_loss(depth, true).item() == pytest.approx(0.5 / 2)


def test_depth_without_any_truth_is_zero_with_a_finite_gradient():
    depth = torch.rand(1, 1, 2, 2, requires_grad=True)
    loss = depth_loss(depth, torch.tensor([[0.0, math.inf], [math.nan, 0.0]]).view(1, 1, 2, 2))
    loss.backward()
    assert loss.item() == 0.0
    assert (depth.grad == 0).all()


def test_depth_gradient_equals_finite_differences():
    torch.manual_seed(0)
    depth = (1 + torch.rand(1, 1, 3, 4, dtype=torch.float64)).requires_grad_()
    true = 1 + torch.rand(1, 1, 3, 4, dtype=torch.float64)
    true[0, 0, 0, 0] = math.inf
    assert torch.autograd.gradcheck(lambda d: depth_loss(d, true), (depth,))


def test_tv_sums_differences_along_both_axes():
    disparity = torch.tensor([[0.0, 1.0], [0.0, 3.0]], dtype=torch.float64).view(1, 1, 2, 2)
    # Along x: 1 and 3; along y: 0 and 2; four pixels.
    assert tv_loss(disparity).item() == pytest.approx(6 / 4)
    assert tv_loss(torch.ones(1, 1, 4, 4)).item() == 0.0


def test_tv_gradient_equals_finite_differences():
    torch.manual_seed(0)
    disparity = torch.rand(1, 1, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(tv_loss, (disparity,))


def step_edge() -> torch.Tensor:
    """A disparity of 1 at the left and 0.5 at the right, with the step inside a cell."""
    disparity = torch.ones(1, 1, 4, 8, dtype=torch.float64)
    disparity[..., 5:] = 0.5
    return disparity


def test_grad_costs_what_is_opaque_on_a_step_of_depth():
    opaque = torch.ones(1, 1, 2, 4, dtype=torch.float64)
    # The slope is 0.5 in one of the two columns of the third cells, so 0.25 at their centres.
    cost = 1 - math.exp(-(0.25 - 0.01) / 0.01)
    assert grad_loss(step_edge(), opaque).item() == pytest.approx(2 * cost / 8)
    assert grad_loss(step_edge(), 0.0 * opaque).item() == 0.0
    beside = opaque.clone()
    beside[..., 2] = 0.0
    assert grad_loss(step_edge(), beside).item() == 0.0


def test_grad_of_a_gentle_plane_is_zero_with_a_finite_gradient():
    x = torch.arange(8, dtype=torch.float64)
    disparity = (1 - 0.009 * x).expand(1, 1, 8, 8).clone().requires_grad_()
    opacities = torch.ones(1, 1, 4, 4, dtype=torch.float64)
    loss = grad_loss(disparity, opacities)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.isfinite(disparity.grad).all()
    flat = torch.ones(1, 1, 8, 8, requires_grad=True)
    grad_loss(flat, torch.ones(1, 1, 4, 4)).backward()
    assert (flat.grad == 0).all()


def test_grad_gradient_equals_finite_differences():
    torch.manual_seed(0)
    disparity = (0.02 * torch.rand(1, 2, 4, 4, dtype=torch.float64)).requires_grad_()
    opacities = torch.rand(1, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(grad_loss, (disparity, opacities))
