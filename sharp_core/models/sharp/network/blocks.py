"""Residual and fusion blocks that the decoders are made of.

Work in place is done on fresh results of convolutions and norms alone, which need none of them
to go backwards: so training is safe, and a map of 600 MB is not copied for an addition.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.norm import GroupNorm

# 100 MB in float32: strips so high that the rows that two of them compute twice cost little.
_STRIP_VALUES = 25_000_000


def conv3x3(inside: int, outside: int, *, bias: bool = True) -> nn.Conv2d:
    """Return a 3x3 convolution that keeps the resolution."""
    return nn.Conv2d(inside, outside, 3, padding=1, bias=bias)


def in_strips(layers: nn.Module, x: Tensor, reach: int) -> Tensor:
    """Return `layers(x)`, on a CPU strip by strip of rows, so that inner maps are small.

    `layers` keep the shape, and a row of the result depends on `reach` rows to either side.
    """
    _, channels, height, width = x.shape
    rows = max(_STRIP_VALUES // (channels * width), 1)
    if x.device.type != "cpu" or torch.is_grad_enabled() or height <= rows:
        whole: Tensor = layers(x)
        return whole
    result = torch.empty_like(x)
    for image, into in zip(torch.split(x, 1), torch.split(result, 1), strict=True):
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            first, last = max(top - reach, 0), min(bottom + reach, height)
            strip = layers(image[:, :, first:last])
            into[:, :, top:bottom] = strip[:, :, top - first : bottom - first]
    return result


class PlainResidual(nn.Module):
    """ReLU, 3x3 convolution, ReLU, 3x3 convolution: what is to be added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(), conv3x3(width, width), nn.ReLU(inplace=True), conv3x3(width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return what to add to `x` (B, width, H, W)."""
        return in_strips(self.residual, x, reach=2)


class NormedResidual(nn.Module):
    """Twice GroupNorm, ReLU and 3x3 convolution, through half the width, added to the input.

    Where widths differ, the input goes through a 1x1 convolution before the addition.
    """

    def __init__(self, inside: int, outside: int, groups: int) -> None:
        super().__init__()
        hidden = outside // 2
        self.residual = nn.Sequential(
            GroupNorm(groups, inside),
            nn.ReLU(inplace=True),
            conv3x3(inside, hidden),
            GroupNorm(groups, hidden),
            nn.ReLU(inplace=True),
            conv3x3(hidden, outside),
        )
        self.shortcut = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Transform `x` (B, inside, H, W)."""
        update: Tensor = self.residual(x)
        return update.add_(self.shortcut(x))


class FusionBlock(nn.Module):
    """One step of a DPT decoder (arXiv 2103.13413): the coarser result and a skip become one."""

    def __init__(self, width: int, *, upsample: bool) -> None:
        super().__init__()
        self.resnet1 = PlainResidual(width)
        self.resnet2 = PlainResidual(width)
        self.deconv = (
            nn.ConvTranspose2d(width, width, 2, stride=2, bias=False) if upsample else None
        )
        self.out_conv = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """Fuse `x`, which is taken over, and `skip`, both (B, width, H, W).

        The result is twice as fine with `upsample`.
        """
        if skip is not None:
            x += self.resnet1(skip).add_(skip)
        x += self.resnet2(x)
        if self.deconv is not None:
            x = self.deconv(x)
        fused: Tensor = self.out_conv(x)
        return fused


class FusionDecoder(nn.Module):
    """A DPT decoder (arXiv 2103.13413): five feature maps, coarsest first, become the finest."""

    def __init__(self, widths: tuple[int, ...], width: int, first: nn.Module) -> None:
        """Take maps of `widths`, finest first; `first` brings the finest to `width`."""
        super().__init__()
        self.convs = nn.ModuleList(
            [first, *(conv3x3(inside, width, bias=False) for inside in widths[1:])]
        )
        self.fusions = nn.ModuleList(
            FusionBlock(width, upsample=level > 0) for level in range(len(widths))
        )

    def forward(self, features: tuple[Tensor, ...]) -> Tensor:
        """Return (B, width, H, W) of the finest of `features`, given finest first."""
        coarsest = len(self.convs) - 1
        x: Tensor = self.fusions[coarsest](self.convs[coarsest](features[coarsest]))
        for level in reversed(range(coarsest)):
            x = self.fusions[level](x, self.convs[level](features[level]))
        return x
