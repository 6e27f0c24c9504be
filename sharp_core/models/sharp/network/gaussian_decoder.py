"""The Gaussian decoder. In: feature maps, photo and inverse depth. Out: corrections (deltas).

encoder features -> DPT decoder -> fusion <- 2x2 convolution <- photo and inverse depths
                                     |
                    geometry head, texture head -> deltas
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.blocks import FusionBlock, FusionDecoder, NormedResidual
from sharp_core.models.sharp.network.config import NetworkConfig
from sharp_core.models.sharp.network.encoder import Features
from sharp_core.scene.conventions import LAYERS

_INPUT_CHANNELS = 5  # photo and the inverse depth of two layers
_GROUPS = 8
_GEOMETRY_ATTRIBUTES = 3  # position
_TEXTURE_ATTRIBUTES = 11  # scales, quaternion, colour, opacity


class InputEncoder(nn.Module):
    """The skip connection from the input: one convolution at every other pixel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(_INPUT_CHANNELS, width, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Encode `x` (B, 5, R, R) as (B, width, R/2, R/2)."""
        encoded: Tensor = self.conv(x)
        return encoded


class GaussianDecoder(nn.Module):
    """Features (B, head_width, R/2, R/2), one map for geometry and one for texture."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.gaussian_decoder_width
        first = nn.Conv2d(config.encoder_widths[0], width, 1, bias=False)
        self.decoder = FusionDecoder(config.encoder_widths, width, first)
        self.image_encoder = InputEncoder(width)
        self.fusion = FusionBlock(width, upsample=False)
        self.texture_head = _head(width, config.head_width)
        self.geometry_head = _head(width, config.head_width)

    def forward(self, features: Features, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return geometry and texture features; `inputs` (B, 5, R, R) is in [-1, 1]."""
        skip = self.image_encoder(inputs.to(features.half.dtype))
        fused = self.fusion(self.decoder(features), skip)
        return self.geometry_head(fused), self.texture_head(fused)


class DeltaHead(nn.Module):
    """The last convolutions. They output 14 attributes for two layers of Gaussians."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.head_width
        self.geometry_prediction_head = nn.Conv2d(width, _GEOMETRY_ATTRIBUTES * LAYERS, 1)
        self.texture_prediction_head = nn.Conv2d(width, _TEXTURE_ATTRIBUTES * LAYERS, 1)

    def forward(self, geometry: Tensor, texture: Tensor) -> Tensor:
        """Return deltas (B, 14, 2, R/2, R/2), float32, in the order that the composer expects."""
        channels = torch.cat(
            (
                self.geometry_prediction_head(geometry.float()),
                self.texture_prediction_head(texture.float()),
            ),
            dim=1,
        )
        batch, count, height, width = channels.shape
        return channels.view(batch, count // LAYERS, LAYERS, height, width)


def _head(width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        NormedResidual(width, width, _GROUPS),
        NormedResidual(width, width, _GROUPS),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, outside, 1),
        nn.ReLU(inplace=True),
    )
