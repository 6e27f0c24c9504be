"""Residual and fusion blocks that the decoders are made of.

Work in place is done on fresh results of convolutions and norms alone, which need none of them
to go backwards: so training is safe, and a map of 600 MB is not copied for an addition.
"""

from __future__ import annotations

from torch import Tensor, nn


def conv3x3(inside: int, outside: int, *, bias: bool = True) -> nn.Conv2d:
    """Return a 3x3 convolution that keeps the resolution."""
    return nn.Conv2d(inside, outside, 3, padding=1, bias=bias)


class PlainResidual(nn.Module):
    """ReLU, 3x3 convolution, ReLU, 3x3 convolution, added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(), conv3x3(width, width), nn.ReLU(inplace=True), conv3x3(width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Transform `x` (B, width, H, W)."""
        update: Tensor = self.residual(x)
        return update.add_(x)


class NormedResidual(nn.Module):
    """Twice GroupNorm, ReLU and 3x3 convolution, through half the width, added to the input.

    Where widths differ, the input goes through a 1x1 convolution before the addition.
    """

    def __init__(self, inside: int, outside: int, groups: int) -> None:
        super().__init__()
        hidden = outside // 2
        self.residual = nn.Sequential(
            nn.GroupNorm(groups, inside),
            nn.ReLU(inplace=True),
            conv3x3(inside, hidden),
            nn.GroupNorm(groups, hidden),
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
        self.deconv = nn.ConvTranspose2d(width, width, 2, stride=2, bias=False) if upsample else None
        self.out_conv = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """Fuse `x` and `skip`, both (B, width, H, W); with `upsample` the result is twice as fine."""
        if skip is not None:
            x = self.resnet1(skip).add_(x)
        x = self.resnet2(x)
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
