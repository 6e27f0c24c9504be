import pytest
import torch

from sharp_core.training.sharp.losses.color import color_loss


def test_mean_absolute_difference_of_kept_pixels():
    rendered = torch.zeros(3, 2, 2, dtype=torch.float64)
    target = torch.tensor([[0.1, 0.2], [0.3, 9.0]], dtype=torch.float64).expand(3, 2, 2)
    mask = torch.tensor([[True, True], [True, False]])
    assert color_loss(rendered, target, mask).item() == pytest.approx(0.2)
    assert color_loss(rendered, target).item() == pytest.approx(9.6 / 4)


def test_values_above_one_keep_their_gradient():
    rendered = torch.full((3, 2, 2), 1.5, requires_grad=True)
    color_loss(rendered, torch.ones(3, 2, 2)).backward()
    assert (rendered.grad > 0).all()


def test_no_kept_pixel_gives_zero_with_a_finite_gradient():
    rendered = torch.rand(3, 2, 2, requires_grad=True)
    loss = color_loss(rendered, torch.rand(3, 2, 2), torch.zeros(2, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert (rendered.grad == 0).all()


def test_gradient_equals_finite_differences():
    torch.manual_seed(0)
    rendered = torch.rand(3, 3, 4, dtype=torch.float64, requires_grad=True)
    target = torch.rand(3, 3, 4, dtype=torch.float64)
    mask = torch.rand(3, 4) > 0.3
    assert torch.autograd.gradcheck(lambda x: color_loss(x, target, mask), (rendered,))


def test_it_answers_a_shifted_picture():
    torch.manual_seed(0)
    picture = torch.rand(3, 16, 16)
    assert color_loss(picture, picture).item() == 0.0
    assert color_loss(picture.roll(1, dims=2), picture).item() > 0.2
