"""Residual and fusion blocks of the decoders.

In-place operations work only on fresh outputs of convolutions and norms, which the backward pass
does not need. So training is safe, and an addition does not copy a map of 600 MB.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.norm import GroupNorm

# 100 MB in float32: high enough that the rows that two strips share cost little.
_STRIP_VALUES = 25_000_000


def conv3x3(inside: int, outside: int, *, bias: bool = True) -> nn.Conv2d:
    """Return a 3x3 convolution that keeps the resolution."""
    return nn.Conv2d(inside, outside, 3, padding=1, bias=bias)


def in_strips(layers: nn.Module, x: Tensor, reach: int) -> Tensor:
    """Return `layers(x)`. A CPU computes it in strips of rows, to keep intermediate maps small.

    `layers` must keep the shape. A row of the result depends on `reach` rows at either side.
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
    """ReLU, 3x3 convolution, ReLU, 3x3 convolution. The caller adds the result to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(), conv3x3(width, width), nn.ReLU(inplace=True), conv3x3(width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the residual of `x`, (B, width, H, W)."""
        return in_strips(self.residual, x, reach=2)


class NormedResidual(nn.Module):
    """Two times GroupNorm, ReLU and 3x3 convolution, with half the width between, plus the input.

    If the widths differ, a 1x1 convolution projects the input before the addition.
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
    """One step of a DPT decoder (arXiv 2103.13413): fuses the coarser result and a skip."""

    def __init__(self, width: int, *, upsample: bool) -> None:
        super().__init__()
        self.resnet1 = PlainResidual(width)
        self.resnet2 = PlainResidual(width)
        self.deconv = (
            nn.ConvTranspose2d(width, width, 2, stride=2, bias=False) if upsample else None
        )
        self.out_conv = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """Fuse `x` and `skip`, both (B, width, H, W). Overwrites `x`.

        With `upsample` the result has twice the resolution.
        """
        if skip is not None:
            x += self.resnet1(skip).add_(skip)
        x += self.resnet2(x)
        if self.deconv is not None:
            x = self.deconv(x)
        fused: Tensor = self.out_conv(x)
        return fused


class FusionDecoder(nn.Module):
    """A DPT decoder (arXiv 2103.13413): fuses five feature maps, from coarsest to finest."""

    def __init__(self, widths: tuple[int, ...], width: int, first: nn.Module) -> None:
        """Take maps of `widths`, finest first. `first` projects the finest map to `width`."""
        super().__init__()
        self.convs = nn.ModuleList(
            [first, *(conv3x3(inside, width, bias=False) for inside in widths[1:])]
        )
        self.fusions = nn.ModuleList(
            FusionBlock(width, upsample=level > 0) for level in range(len(widths))
        )

    def forward(self, features: tuple[Tensor, ...]) -> Tensor:
        """Return (B, width, H, W) at the resolution of the first, finest, of `features`."""
        coarsest = len(self.convs) - 1
        x: Tensor = self.fusions[coarsest](self.convs[coarsest](features[coarsest]))
        for level in reversed(range(coarsest)):
            x = self.fusions[level](x, self.convs[level](features[level]))
        return x
