"""Images of more than eight bits a sample, whose small steps a change of colours still needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.decode.cicp import pixels_to_srgb
from pipeline.decode.row_blocks import row_blocks
from sharp_core.containers.cicp import Colors

Samples = npt.NDArray[np.uint16]


class DeepImage(NamedTuple):
    """An image of 16 bits a sample, grey or RGB. 0 is black and 65535 is white."""

    color: Samples  # (height, width, 1 or 3)
    alpha: Image.Image | None = None  # of mode L; none for an opaque image
    icc_profile: bytes | None = None


def eight_bits(samples: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Return 16-bit samples rounded to 8 bits; any shape."""
    made = np.empty(samples.shape, np.uint8)
    for rows in row_blocks(len(samples)):
        made[rows] = (samples[rows].astype(np.uint32) + 128) // 257
    return made


def deep_to_srgb(color: Samples, colors: Colors) -> Image.Image:
    """Return a grey or RGB image, whose colours numbers give, as RGB in sRGB."""
    made = np.empty((*color.shape[:2], 3), np.uint8)
    for rows in row_blocks(len(color)):
        block = np.broadcast_to(color[rows], (*color[rows].shape[:2], 3))
        made[rows] = pixels_to_srgb(block, colors)
    return Image.fromarray(made)


def deep_to_image(color: Samples) -> Image.Image:
    """Return an image of mode L or RGB."""
    samples = eight_bits(color)
    return Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
