"""The sizes of the network, as frozen dataclasses, and two presets.

The vision transformer determines the rest: the side of the resized photo is four times its input
size, and the photo is split into patches of its input size (`pyramid.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sharp_core.scene.conventions import LAYERS

PYRAMID_FACTOR = 4  # internal resolution over the side of a patch
PATCH_SIZE = 16  # pixels a token, along each axis: the decoders double the resolution four times

PresetName = Literal[
    "sharp",  # the published network: 702 M parameters, photos at 1536 x 1536
    "tiny",  # the same modules, narrow and small, for tests: photos at 512 x 512
]


@dataclass(frozen=True, slots=True)
class VitConfig:
    """A plain vision transformer (arXiv 2010.11929) with square input."""

    image_size: int  # pixels
    width: int  # channels
    depth: int  # blocks
    heads: int
    taps: tuple[int, int]  # blocks whose raw outputs become the two finest feature maps
    classes: int  # of the classifier head, which is in the checkpoint but not used
    mlp_ratio: int = 4

    def __post_init__(self) -> None:
        if self.image_size % (8 * PATCH_SIZE):
            raise ValueError(
                f"image_size {self.image_size}: a patch overlaps its neighbours by an eighth of "
                f"its tokens a side, so this must be a multiple of {8 * PATCH_SIZE}"
            )
        if self.width % self.heads:
            raise ValueError(f"width {self.width} cannot be shared by {self.heads} heads")
        if not 0 <= self.taps[0] < self.taps[1] < self.depth:
            raise ValueError(f"taps {self.taps} must be two blocks of {self.depth}, in order")

    @property
    def grid(self) -> int:
        """Tokens along each axis, without the class token."""
        return self.image_size // PATCH_SIZE


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the whole network; widths are in channels."""

    vit: VitConfig  # of both transformers, for patches and for the whole image
    encoder_widths: tuple[int, int, int, int, int]  # of the feature maps, finest first
    depth_decoder_width: int
    gaussian_decoder_width: int
    head_width: int  # between the heads of the Gaussian decoder and the last convolutions

    def __post_init__(self) -> None:
        if self.encoder_widths[0] != self.depth_decoder_width:
            raise ValueError(
                f"the finest feature map enters the depth decoder as it is: its width "
                f"{self.encoder_widths[0]} must be the decoder's {self.depth_decoder_width}"
            )

    @property
    def resolution(self) -> int:
        """R: the side in pixels of the square to which a photo is resized."""
        return PYRAMID_FACTOR * self.vit.image_size

    @property
    def gaussians(self) -> int:
        """Number of Gaussians per photo."""
        return LAYERS * (self.resolution // 2) ** 2


PRESETS: dict[PresetName, NetworkConfig] = {
    "sharp": NetworkConfig(
        vit=VitConfig(
            image_size=384,
            width=1024,
            depth=24,
            heads=16,
            taps=(5, 11),
            classes=21841,
        ),
        encoder_widths=(256, 256, 512, 1024, 1024),
        depth_decoder_width=256,
        gaussian_decoder_width=128,
        head_width=32,
    ),
    "tiny": NetworkConfig(
        vit=VitConfig(
            image_size=128,
            width=64,
            depth=4,
            heads=4,
            taps=(0, 1),
            classes=10,
        ),
        encoder_widths=(32, 32, 32, 64, 64),
        depth_decoder_width=32,
        gaussian_decoder_width=16,
        head_width=16,
    ),
}
