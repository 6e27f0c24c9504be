"""Two-layer depth network. In: photos. Out: feature maps, disparity, and depth in metres.

Layer 0 is the visible surface, layer 1 the surface that it hides. Disparity is normalised by focal
length over width: depth in metres = (focal length / width) / disparity.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor, nn

from sharp_core.models.sharp.network.blocks import FusionDecoder, conv3x3
from sharp_core.models.sharp.network.config import NetworkConfig
from sharp_core.models.sharp.network.encoder import Features, PyramidEncoder
from sharp_core.scene.conventions import LAYERS

_HEAD_WIDTH = 32
_SMALLEST_DISPARITY = 1e-4
_LARGEST_DISPARITY = 1e4


class Disparity(NamedTuple):
    """The output of the disparity network."""

    disparity: Tensor  # (B, 2, R, R) float32, from 0 up
    features: Features  # of the encoder, for the Gaussian decoder


class DisparityNetwork(nn.Module):
    """Encoder, DPT decoder and a head of two channels."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.depth_decoder_width
        self.encoder = PyramidEncoder(config)
        self.decoder = FusionDecoder(config.encoder_widths, width, first=nn.Identity())
        self.head = nn.Sequential(
            conv3x3(width, width // 2),
            nn.ConvTranspose2d(width // 2, width // 2, 2, stride=2),
            conv3x3(width // 2, _HEAD_WIDTH),
            nn.ReLU(inplace=True),
            nn.Conv2d(_HEAD_WIDTH, LAYERS, 1),
            nn.ReLU(inplace=True),
        )

    @property
    def last(self) -> nn.Module:
        """The last convolution, which outputs disparities."""
        return self.head[-2]

    def forward(self, image: Tensor) -> Disparity:
        """Return disparities and features of `image` (B, 3, R, R), sRGB in [0, 1]."""
        features: Features = self.encoder(image)
        x: Tensor = self.decoder(features)
        # Layer by layer, so that each map of up to 1.2 GB is freed when the next one exists.
        for index in range(len(self.head) - 2):
            x = self.head[index](x)
        return Disparity(F.relu_(self.last(x.float())), features)


class Depth(NamedTuple):
    """Depth of photos, and the encoder's features."""

    depth: Tensor  # (B, 2, R, R) metres
    features: Features


class DepthModel(nn.Module):
    """The disparity network and its conversion to metres."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.monodepth_predictor = DisparityNetwork(config)

    def forward(self, image: Tensor, disparity_factor: Tensor) -> Depth:
        """Return depth in metres of `image` (B, 3, R, R), sRGB in [0, 1].

        `disparity_factor` (B,) is focal length over width, both in pixels of the photo.
        """
        seen: Disparity = self.monodepth_predictor(image)
        disparity = torch.clamp(seen.disparity, _SMALLEST_DISPARITY, _LARGEST_DISPARITY)
        return Depth(disparity_factor[:, None, None, None] / disparity, seen.features)
