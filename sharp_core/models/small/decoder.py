"""A light feature pyramid: from the encoder's features to half-resolution features."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from sharp_core.models.small.config import SmallConfig
from sharp_core.models.small.encoder import conv_norm


class SeparableBlock(nn.Module):
    """A residual depthwise-separable convolution that keeps its shape."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = conv_norm(channels, channels, kernel, groups=channels)
        self.pointwise = conv_norm(channels, channels, 1)
        self.activation = nn.ReLU6(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, H, W)."""
        y = self.pointwise(self.activation(self.depthwise(x)))
        return functional.relu6(y.add_(x), inplace=True)


class Context(nn.Module):
    """Large kernels and the mean of the whole picture, at the coarsest stride."""

    def __init__(self, inputs: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.reduce = conv_norm(inputs, channels, 1)
        self.blocks = nn.Sequential(*(SeparableBlock(channels, 5) for _ in range(blocks)))
        self.whole = nn.Conv2d(channels, channels, 1)
        self.activation = nn.ReLU6(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, H/32, W/32) to (B, C, H/32, W/32)."""
        x = self.activation(self.reduce(x))
        mean = x.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
        x = self.blocks(x + self.whole(mean))
        return x


class UpBlock(nn.Module):
    """Join coarser features, upsampled, with the encoder's at this stride."""

    def __init__(self, coarse: int, lateral: int, channels: int) -> None:
        super().__init__()
        self.narrow = conv_norm(coarse, channels, 1)
        self.lateral = conv_norm(lateral, channels, 1)
        self.activation = nn.ReLU6(inplace=True)
        self.refine = SeparableBlock(channels, 5)

    def forward(self, coarse: Tensor, lateral: Tensor) -> Tensor:
        """Map (B, C_c, H/2, W/2) and (B, C_l, H, W) to (B, C, H, W)."""
        raised = functional.interpolate(
            self.narrow(coarse), size=lateral.shape[-2:], mode="bilinear", align_corners=False
        )
        return self.refine(self.activation(raised.add_(self.lateral(lateral))))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Context at stride 32, then one UpBlock a stride, down to stride 2."""

    def __init__(self, config: SmallConfig, encoder_channels: list[int]) -> None:
        super().__init__()
        widths = config.decoder_channels
        # The stem and the first stage both have stride 2: they are joined by their channels.
        finest = encoder_channels[0] + encoder_channels[1]
        laterals = [finest, *encoder_channels[2:-1]]
        self.context = Context(encoder_channels[-1], widths[-1], config.context_blocks)
        self.ups = nn.ModuleList(
            UpBlock(widths[i + 1], laterals[i], widths[i]) for i in reversed(range(len(laterals)))
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map the encoder's features to (B, decoder_channels[0], H/2, W/2).

        The list is changed: the two finest features, which are the largest, are let go.
        """
        features[:2] = [torch.cat(features[:2], dim=1)]
        x = self.context(features.pop())
        for up, lateral in zip(self.ups, reversed(features), strict=True):
            x = up(x, lateral)
        return x  # type: ignore[no-any-return]
