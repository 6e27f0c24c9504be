"""The perceptual loss: features and Gram matrices of a frozen network, at four stages.

Features follow Suvorov et al. (LaMa, arXiv 2109.07161), Gram matrices Reda et al. (FILM, arXiv
2202.04901). `without_graph` takes the network's graph out of memory as soon as a view is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor, nn

# Mean and deviation of ImageNet's pictures, which the usual extractors were trained with.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


class PerceptualParts(NamedTuple):
    """The two parts of the loss, each with its weight in it."""

    features: Tensor
    gram: Tensor

    @property
    def total(self) -> Tensor:
        """Return the loss."""
        return self.features + self.gram


class PerceptualLoss(nn.Module):
    """Compares pictures by the maps of `extractor`: any module that gives four of them."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, extractor: nn.Module, gram: float = 10.0) -> None:
        super().__init__()
        self.extractor = extractor.eval().requires_grad_(False)
        self.gram = gram
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1))

    def train(self, mode: bool = True) -> PerceptualLoss:
        """Stay in evaluation mode: the extractor is a fixed measure."""
        return super().train(False)

    def forward(self, rendered: Tensor, target: Tensor) -> Tensor:
        """Return the loss of `rendered` against `target`, both (3, H, W), sRGB in [0, 1]."""
        return self.parts(rendered, target).total

    def parts(self, rendered: Tensor, target: Tensor) -> PerceptualParts:
        """Return both parts: a mean squared difference of features, and one of Gram matrices.

        With D channels the first has the weight 1 / (D H W) and the second `gram` / D^2 on the
        squared norm. (How a Gram matrix is normalised is not in the paper: as in FILM, by H W.)
        """
        with torch.no_grad():
            expected = self._maps(target)
        features = gram = rendered.new_zeros(())
        for found, wanted in zip(self._maps(rendered), expected, strict=True):
            features = features + F.mse_loss(found, wanted)
            gram = gram + self.gram * F.mse_loss(gram_matrix(found), gram_matrix(wanted))
        return PerceptualParts(features, gram)

    def _maps(self, image: Tensor) -> tuple[Tensor, ...]:
        maps: tuple[Tensor, ...] = self.extractor((image[None] - self.mean) / self.deviation)
        return maps


def gram_matrix(maps: Tensor) -> Tensor:
    """Return the products (B, D, D) of channels of `maps` (B, D, H, W), mean over pixels."""
    flat = maps.flatten(2)
    return flat @ flat.mT / flat.shape[-1]


def without_graph(loss: Callable[[Tensor], Tensor], picture: Tensor) -> Tensor:
    """Return `loss(picture)` with the same gradient, keeping nothing of its graph.

    The gradient is computed at once and kept, as large as the picture: memory then does not grow
    with the number of views (arXiv 2512.10685, appendix A.4). First derivatives only.
    """
    if not (torch.is_grad_enabled() and picture.requires_grad):
        return loss(picture)
    leaf = picture.detach().requires_grad_()
    with torch.enable_grad():
        value = loss(leaf)
        (gradient,) = torch.autograd.grad(value, leaf)
    result: Tensor = _KnownGradient.apply(picture, value.detach(), gradient)  # type: ignore[no-untyped-call]
    return result


class _KnownGradient(torch.autograd.Function):
    """A value whose gradient is known already."""

    @staticmethod
    def forward(ctx: Any, picture: Tensor, value: Tensor, gradient: Tensor) -> Tensor:  # noqa: ANN401
        """Keep the gradient, return the value."""
        ctx.save_for_backward(gradient)
        return value.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        """Scale the gradient."""
        (gradient,) = ctx.saved_tensors
        return upstream * gradient, None, None
