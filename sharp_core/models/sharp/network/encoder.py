r"""The encoder: a sliding pyramid over two vision transformers (Depth Pro, arXiv 2410.02073).

             R x R photo, and the same at R/2 and R/4
    level 0: 5 x 5 patches   level 1: 3 x 3   level 2: one         the R/4 photo
                        \          |          /                          |
                          patch transformer                       image transformer
              /         /           |          \          \              |
        tap 0 R/2  tap 1 R/4  level 0 R/8  level 1 R/16  level 2 R/32  +  R/32

The output is five feature maps, named by their resolution, finest first.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor, nn

from sharp_core.models.sharp.network.config import NetworkConfig
from sharp_core.models.sharp.network.pyramid import merge_patches, split_patches
from sharp_core.models.sharp.network.vit import VisionTransformer

# Patches per batch on a CPU: the transformer's temporary arrays then stay in cache, and the
# allocator reuses them. New memory for each would cost a tenth of the time.
CPU_PATCHES_AT_ONCE = 3


class Features(NamedTuple):
    """Feature maps (B, width, side, side), finest first."""

    half: Tensor  # R/2 a side
    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor
    thirtysecond: Tensor


class PatchMaps(NamedTuple):
    """Output maps of the patch transformer, (patches, width, grid, grid)."""

    last: Tensor  # of every patch
    taps: tuple[Tensor, Tensor]  # of the level 0 patches alone


def upsampler(inside: int, outside: int, doublings: int) -> nn.Sequential:
    """Return a 1x1 convolution and `doublings` transposed convolutions of stride 2."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 1, bias=False),
        *(nn.ConvTranspose2d(outside, outside, 2, stride=2, bias=False) for _ in range(doublings)),
    )


class PyramidEncoder(nn.Module):
    """Photos to feature maps of five resolutions."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config.vit
        width = config.vit.width
        half, quarter, eighth, sixteenth, thirtysecond = config.encoder_widths
        self.patch_encoder = VisionTransformer(config.vit)
        self.image_encoder = VisionTransformer(config.vit)
        self.upsample_latent0 = upsampler(width, half, 3)
        self.upsample_latent1 = upsampler(width, quarter, 2)
        self.upsample0 = upsampler(width, eighth, 1)
        self.upsample1 = upsampler(width, sixteenth, 1)
        self.upsample2 = upsampler(width, thirtysecond, 1)
        self.upsample_lowres = nn.ConvTranspose2d(width, thirtysecond, 2, stride=2)
        self.fuse_lowres = nn.Conv2d(2 * thirtysecond, thirtysecond, 1)

    def forward(self, image: Tensor) -> Features:
        """Encode `image` (B, 3, R, R), sRGB in [0, 1]."""
        batch, size, grid = len(image), self.config.image_size, self.config.grid
        image = 2.0 * image - 1.0
        half = F.interpolate(image, scale_factor=0.5, mode="bilinear")
        quarter = F.interpolate(image, scale_factor=0.25, mode="bilinear")  # (B, 3, size, size)
        level0 = split_patches(image, size, size * 3 // 4)  # (25 B, 3, size, size)
        level1 = split_patches(half, size, size // 2)  # (9 B, 3, size, size)
        patches = torch.cat((level0, level1, quarter)).to(self.fuse_lowres.weight.dtype)
        maps = self._encode_patches(patches, len(level0))
        last0, last1, last2 = torch.split(maps.last, [len(level0), len(level1), batch])

        features_half = self.upsample_latent0(merge_patches(maps.taps[0], batch, grid // 8))
        features_quarter = self.upsample_latent1(merge_patches(maps.taps[1], batch, grid // 8))
        features_eighth = self.upsample0(merge_patches(last0, batch, grid // 8))
        features_sixteenth = self.upsample1(merge_patches(last1, batch, grid // 4))
        whole = self.image_encoder(patches[-batch:]).last
        # Copy the view without class tokens to contiguous memory: Apple GPUs have convolved such
        # views wrongly (pytorch/pytorch issue 180984). `cat` does this for the other maps.
        whole = whole.contiguous(memory_format=torch.channels_last)
        low = torch.cat((self.upsample2(last2), self.upsample_lowres(whole)), dim=1)
        return Features(
            features_half,
            features_quarter,
            features_eighth,
            features_sixteenth,
            self.fuse_lowres(low),
        )

    def _encode_patches(self, patches: Tensor, tapped: int) -> PatchMaps:
        """Run the patch transformer. Keeps the taps of the first `tapped` patches only."""
        at_once = CPU_PATCHES_AT_ONCE if patches.device.type == "cpu" else len(patches)
        last, first_tap, second_tap = [], [], []
        for start in range(0, len(patches), at_once):
            maps = self.patch_encoder(patches[start : start + at_once], self.config.taps)
            last.append(maps.last)
            if (keep := tapped - start) > 0:
                first_tap.append(maps.taps[0][:keep])
                second_tap.append(maps.taps[1][:keep])
        return PatchMaps(torch.cat(last), (torch.cat(first_tap), torch.cat(second_tap)))
