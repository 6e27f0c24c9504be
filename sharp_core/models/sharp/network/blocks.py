"""Residual and fusion blocks of the decoders.

In-place operations work only on fresh outputs of convolutions and norms, which the backward pass
does not need. So training is safe, and an addition does not copy a map of 600 MB.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.norm import GroupNorm

# 24 MB in bfloat16: high enough that the rows that two strips share cost little, and below the size
# up to which freed memory is reused (`models/freed_memory.py`).
_STRIP_VALUES = 12 << 20
_REACH = 2  # rows at either side on which a row after two 3x3 convolutions depends


def conv3x3(inside: int, outside: int, *, bias: bool = True) -> nn.Conv2d:
    """Return a 3x3 convolution that keeps the resolution."""
    return nn.Conv2d(inside, outside, 3, padding=1, bias=bias)


def add_residual(layers: nn.Module, x: Tensor, into: Tensor) -> Tensor:
    """Add `layers(x)` to `into`, which may be `x` itself, and return it.

    `layers` must keep the shape, and a row of their result depend on two rows at either side. A CPU
    computes the result in strips of rows, so that it never exists as a whole.
    """
    _, channels, height, width = x.shape
    rows = max(_STRIP_VALUES // (channels * width) - 2 * _REACH, _REACH)
    if x.device.type != "cpu" or torch.is_grad_enabled() or height <= rows:
        return into.add_(layers(x))
    for image, target in zip(torch.split(x, 1), torch.split(into, 1), strict=True):
        # A strip is added once the next one has read its last rows: `into` may be `x`.
        done = target[:, :, :0], image[:, :, :0]  # nothing yet
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            first, last = max(top - _REACH, 0), min(bottom + _REACH, height)
            strip = layers(image[:, :, first:last])[:, :, top - first : bottom - first]
            done[0].add_(done[1])
            done = target[:, :, top:bottom], strip
        done[0].add_(done[1])
    return into


class PlainResidual(nn.Module):
    """ReLU, 3x3 convolution, ReLU, 3x3 convolution. The result is added to a map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(), conv3x3(width, width), nn.ReLU(inplace=True), conv3x3(width, width)
        )

    def forward(self, x: Tensor, into: Tensor) -> Tensor:
        """Add the residual of `x`, (B, width, H, W), to `into`, which may be `x`; return that."""
        return add_residual(self.residual, x, into)


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
            x = self.resnet1(skip, into=x.add_(skip))
        x = self.resnet2(x, into=x)
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
