"""LPIPS: distance of two images in the features of a network. 0 for equal images; lower is better.

R. Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", 2018, in
its version 0.1: each pixel's features have unit length, squared differences are weighted per
channel, averaged over the map and summed over five maps. Images keep their resolution.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from sharp_core.evaluation.metrics.backbones import Backbone, BackboneSpec
from sharp_core.evaluation.metrics.heads import load_head
from sharp_core.evaluation.metrics.image_tensors import image_pair, per_channel
from sharp_core.scene.posed_picture import Pixels

# Of images in [-1, 1].
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_EPSILON = 1e-8
_SMALLEST_SIDE = 32  # below it, the last maps are empty or a single pixel


class Lpips(nn.Module):
    """LPIPS of images in [0, 1], (B, 3, H, W), over one backbone: (B,)."""

    shift: Tensor
    scale: Tensor

    def __init__(self, backbone: Backbone, heads: list[Tensor]) -> None:
        """`heads` are the weights of each map's channels, (1, C, 1, 1)."""
        super().__init__()
        self.backbone = backbone
        self.heads = nn.ParameterList(heads)
        self.register_buffer("shift", per_channel(*_SHIFT))
        self.register_buffer("scale", per_channel(*_SCALE))
        self.requires_grad_(False).eval()

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the distance of each pair."""
        total = one.new_zeros(len(one))
        for first, second, head in zip(
            self._features(one), self._features(other), self.heads, strict=True
        ):
            total += ((first - second).square() * head).sum(dim=1).mean(dim=(1, 2))
        return total

    def _features(self, image: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.backbone((2 * image - 1 - self.shift) / self.scale)
        return [x / (x.square().sum(dim=1, keepdim=True) + _EPSILON).sqrt() for x in maps]


class LpipsMetric:
    """LPIPS of two 8-bit images, with weights from files."""

    def __init__(
        self, spec: BackboneSpec, weights: Path | None, option: str, device: torch.device
    ) -> None:
        """Load the backbone and its heads. Raises WeightsError, MissingToolError."""
        backbone = Backbone(spec)
        backbone.load_weights(spec, weights, option)
        name = {"vgg16": "vgg", "alexnet": "alex"}[spec.name]
        self._network = Lpips(backbone, lpips_heads(name)).to(device)
        self._device = device

    def __call__(self, rendered: Pixels, target: Pixels) -> float:
        """Return the distance. Raises ValueError if the sizes differ or are too small."""
        with torch.inference_mode():
            pair = image_pair(rendered, target, self._device, _SMALLEST_SIDE)
            return float(self._network(*pair))


def lpips_heads(name: str) -> list[Tensor]:
    """Return the heads for `vgg` or `alex`, each (1, C, 1, 1). Raises MissingToolError."""
    head = load_head(f"lpips_models/{name}.pth")
    return [head[f"lin{number}.model.1.weight"] for number in range(5)]
