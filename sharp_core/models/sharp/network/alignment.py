"""Depth alignment: a map of scale factors that aligns predicted depth with ground truth.

In: predicted and true depth in metres. Out: one factor per pixel. A small U-Net (arXiv 1505.04597)
reads both inverse depths. Only training uses it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.blocks import NormedResidual, conv3x3
from sharp_core.models.sharp.network.norm import GroupNorm

_WIDTHS = (16, 32, 64, 128, 256)  # finest first
_GROUPS = 4
_SMALLEST_DEPTH = 1e-4


class DepthAlignment(nn.Module):
    """Predicts the scale map that aligns predicted depth with true depth."""

    def __init__(self) -> None:
        super().__init__()
        self.scale_map_estimator = ScaleMapNetwork()

    def forward(self, predicted: Tensor, true: Tensor) -> Tensor:
        """Return factors (B, 1, H, W) for depths (B, 1, H, W) in metres, sides multiples of 16."""
        inverse = [1.0 / depth.clamp_min(_SMALLEST_DEPTH) for depth in (predicted, true)]
        scale_map: Tensor = self.scale_map_estimator(torch.cat(inverse, dim=1))
        return scale_map


class ScaleMapNetwork(nn.Module):
    """The U-Net, followed by an exponential."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _Encoder()
        self.decoder = _Decoder()
        self.conv_out = nn.Conv2d(_WIDTHS[0], 1, 1)

    def forward(self, inverse_depths: Tensor) -> Tensor:
        """Return factors (B, 1, H, W) for `inverse_depths` (B, 2, H, W)."""
        return torch.exp(self.conv_out(self.decoder(self.encoder(inverse_depths))))


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        first = _WIDTHS[0]
        self.conv_in = nn.Sequential(
            conv3x3(2, first), GroupNorm(_GROUPS, first), nn.ReLU(inplace=True)
        )
        self.convs_down = nn.ModuleList(
            _step(nn.AvgPool2d(2), inside, outside) for inside, outside in pairwise(_WIDTHS)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return maps, finest first."""
        maps = [self.conv_in(x)]
        for step in self.convs_down:
            maps.append(step(maps[-1]))
        return maps


class _Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        inside = (_WIDTHS[-1], *(2 * width for width in reversed(_WIDTHS[1:-1])))
        self.convs_up = nn.ModuleList(
            _step(nn.Upsample(scale_factor=2), wide, narrow)
            for wide, narrow in zip(inside, reversed(_WIDTHS[:-1]), strict=True)
        )
        first = _WIDTHS[0]
        self.conv_out = nn.Sequential(
            GroupNorm(_GROUPS, 2 * first),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * first, first, 1),
            GroupNorm(_GROUPS, first),
            nn.ReLU(inplace=True),
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return (B, 16, H, W) for maps, finest first."""
        x = maps[-1]
        for step, skip in zip(self.convs_up, reversed(maps[:-1]), strict=True):
            x = torch.cat((step(x), skip), dim=1)
        features: Tensor = self.conv_out(x)
        return features


def _step(resize: nn.Module, inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        resize,
        NormedResidual(inside, outside, _GROUPS),
        NormedResidual(outside, outside, _GROUPS),
    )
