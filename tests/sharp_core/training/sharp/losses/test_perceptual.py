import pytest
import torch
from torch import nn

from sharp_core.training.sharp.losses.perceptual import (
    PerceptualLoss,
    gram_matrix,
    without_graph,
)
from tests.support.perceptual import SmallExtractor, count_kept_numbers, noise_picture


@pytest.fixture(scope="module")
def loss() -> PerceptualLoss:
    torch.manual_seed(0)
    return PerceptualLoss(SmallExtractor()).double()


class Identity(nn.Module):
    """Four times the picture itself."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (image,) * 4


def test_both_parts_by_hand():
    loss = PerceptualLoss(Identity(), gram=10.0).double()
    loss.mean.zero_()
    loss.deviation.fill_(1.0)
    target = torch.zeros(3, 1, 2, dtype=torch.float64)
    rendered = torch.tensor([[[1.0, 2.0]], [[0.0, 0.0]], [[0.0, 0.0]]], dtype=torch.float64)
    parts = loss.parts(rendered, target)
    assert parts.features.item() == pytest.approx(4 * 5 / 6)
    # The Gram matrix has 5 / 2 at one place of nine: F F^T / (H W).
    assert parts.gram.item() == pytest.approx(4 * 10 * 2.5**2 / 9)
    assert loss(rendered, target).item() == pytest.approx(parts.total.item())


def test_a_gram_matrix_does_not_depend_on_resolution():
    maps = torch.rand(1, 5, 4, 4)
    enlarged = maps.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(gram_matrix(maps), gram_matrix(enlarged))


def test_blur_moves_the_gram_part_more_than_a_shift_does(loss: PerceptualLoss):
    picture = noise_picture(48).double()
    blurred = nn.functional.avg_pool2d(
        nn.functional.pad(picture[None], (2, 2, 2, 2), mode="circular"), 5, stride=1
    )[0]
    shifted = picture.roll(3, dims=2)
    blur, shift = loss.parts(blurred, picture), loss.parts(shifted, picture)
    assert blur.gram / blur.features > 3 * shift.gram / shift.features
    assert loss(picture, picture).item() == 0.0


def test_gradient_equals_finite_differences(loss: PerceptualLoss):
    torch.manual_seed(1)
    rendered = torch.rand(3, 8, 8, dtype=torch.float64, requires_grad=True)
    target = torch.rand(3, 8, 8, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: loss(x, target), (rendered,))


def test_the_extractor_never_trains_and_stays_in_evaluation_mode(loss: PerceptualLoss):
    loss.train()
    assert not any(module.training for module in loss.modules())
    assert not any(p.requires_grad for p in loss.parameters())


def test_without_its_graph_the_gradient_is_the_same(loss: PerceptualLoss):
    target = noise_picture(32).double()
    gradients = []
    for keep_graph in (True, False):
        picture = (0.5 * target).requires_grad_()
        scaled = 2.5 * picture.square()
        value = (
            loss(scaled, target) if keep_graph else without_graph(lambda x: loss(x, target), scaled)
        )
        (3.0 * value).backward()
        gradients.append((value.item(), picture.grad))
    assert gradients[0][0] == gradients[1][0]
    torch.testing.assert_close(gradients[0][1], gradients[1][1], rtol=1e-12, atol=1e-15)


def kept_numbers(loss: PerceptualLoss, views: int, *, keep_graph: bool) -> int:
    """Return how many numbers autograd keeps for the backward pass of so many views."""
    target = noise_picture(32).double()
    picture = (0.5 * target).requires_grad_()
    with count_kept_numbers() as kept:
        total = torch.zeros((), dtype=torch.float64)
        for index in range(views):
            view = picture + 0.1 * index
            if keep_graph:
                total = total + loss(view, target)
            else:
                total = total + without_graph(lambda x: loss(x, target), view)
        return kept()


def test_without_its_graph_a_view_keeps_one_picture(loss: PerceptualLoss):
    numbers = [kept_numbers(loss, views, keep_graph=False) for views in (1, 5)]
    assert numbers[1] - numbers[0] == 4 * 3 * 32 * 32
    numbers = [kept_numbers(loss, views, keep_graph=True) for views in (1, 5)]
    assert numbers[1] - numbers[0] > 4 * 10 * (3 * 32 * 32)


def test_without_gradients_there_is_nothing_to_keep(loss: PerceptualLoss):
    target = noise_picture(16).double()
    with torch.no_grad():
        value = without_graph(lambda x: loss(x, target), 0.5 * target)
    assert not value.requires_grad
