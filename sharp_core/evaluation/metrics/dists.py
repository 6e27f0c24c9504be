"""DISTS: distance of two images in structure and texture. 0 for equal images; lower is better.

K. Ding et al., "Image quality assessment: unifying structure and texture similarity", 2020. Means
and covariances of the image and of five maps of VGG16, whose max pooling is replaced by L2 pooling,
are compared per channel and weighted. Images keep their resolution: the 256 px of the original
implementation are left out.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor, nn

from sharp_core.evaluation.metrics.backbones import VGG16, Backbone
from sharp_core.evaluation.metrics.heads import load_head
from sharp_core.evaluation.metrics.image_tensors import image_pair, per_channel
from sharp_core.scene.posed_picture import Pixels

_MEAN = (0.485, 0.456, 0.406)  # of ImageNet
_DEVIATION = (0.229, 0.224, 0.225)
_C = 1e-6
_EPSILON = 1e-12
_SMALLEST_SIDE = 16


class L2Pool(nn.Module):
    """Root of a weighted mean of squares, 3 x 3 with a Hann window, stride 2."""

    window: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        weights = torch.hann_window(5, periodic=False)[1:-1]
        window = torch.outer(weights, weights)
        window = (window / window.sum()).expand(channels, 1, 3, 3).clone()
        self.register_buffer("window", window, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return half the resolution."""
        squares = F.conv2d(x.square(), self.window, stride=2, padding=1, groups=x.shape[1])
        return (squares + _EPSILON).sqrt()


class Dists(nn.Module):
    """DISTS of images in [0, 1], (B, 3, H, W): (B,)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, backbone: Backbone, alpha: Tensor, beta: Tensor) -> None:
        """`alpha` and `beta` weigh texture and structure of each channel, (1, 1475, 1, 1)."""
        super().__init__()
        self.backbone = backbone
        total = alpha.sum() + beta.sum()
        channels = [3, *VGG16.channels]
        self.alpha = nn.ParameterList(torch.split((alpha / total).flatten(), channels))
        self.beta = nn.ParameterList(torch.split((beta / total).flatten(), channels))
        self.register_buffer("mean", per_channel(*_MEAN))
        self.register_buffer("deviation", per_channel(*_DEVIATION))
        self.requires_grad_(False).eval()

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the distance of each pair."""
        similarity = one.new_zeros(len(one))
        for first, second, alpha, beta in zip(
            self._features(one), self._features(other), self.alpha, self.beta, strict=True
        ):
            mean_one, mean_other = first.mean(dim=(2, 3)), second.mean(dim=(2, 3))  # (B, C)
            variance_one = first.var(dim=(2, 3), correction=0)
            variance_other = second.var(dim=(2, 3), correction=0)
            covariance = (first * second).mean(dim=(2, 3)) - mean_one * mean_other
            texture = (2 * mean_one * mean_other + _C) / (
                mean_one.square() + mean_other.square() + _C
            )
            structure = (2 * covariance + _C) / (variance_one + variance_other + _C)
            similarity += (alpha * texture + beta * structure).sum(dim=1)
        return 1 - similarity

    def _features(self, image: Tensor) -> list[Tensor]:
        return [image, *self.backbone((image - self.mean) / self.deviation)]


class DistsMetric:
    """DISTS of two 8-bit images, with weights from files."""

    def __init__(self, weights: Path | None, option: str, device: torch.device) -> None:
        """Load the backbone and its heads. Raises WeightsError, MissingToolError."""
        backbone = Backbone(VGG16, L2Pool)
        backbone.load_weights(VGG16, weights, option)
        self._network = Dists(backbone, *dists_heads()).to(device)
        self._device = device

    def __call__(self, rendered: Pixels, target: Pixels) -> float:
        """Return the distance. Raises ValueError if the sizes differ or are too small."""
        with torch.inference_mode():
            pair = image_pair(rendered, target, self._device, _SMALLEST_SIDE)
            return float(self._network(*pair))


def dists_heads() -> tuple[Tensor, Tensor]:
    """Return alpha and beta, each (1, 1475, 1, 1). Raises MissingToolError."""
    head = load_head("dists_models/weights.pt")
    return head["alpha"], head["beta"]
