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

# Cameras that measure, as thermal ones do, write degrees or counts that lie close together. As they
# are, such images are all black or all one grey. Photos have more contrast than this.
_NARROW = 1 / 8  # of the range from black to white
_OUTLIERS = 0.1  # per cent of the samples at either end: dead pixels


class DeepImage(NamedTuple):
    """An image of 16 bits a sample, grey or RGB. 0 is black and 65535 is white."""

    color: Samples  # (height, width, 1 or 3)
    alpha: Image.Image | None = None  # of mode L; none for an opaque image
    icc_profile: bytes | None = None


def narrow_range(samples: npt.NDArray[np.generic], white: float) -> tuple[float, float] | None:
    """Return the range that bare grey samples lie in, if it is so narrow that they are measured.

    Then its ends are shown as black and white, as viewers of such images do.
    """
    values = samples[np.isfinite(samples)] if samples.dtype.kind == "f" else samples
    if values.size == 0:
        return None
    low, high = map(float, np.percentile(values, (_OUTLIERS, 100 - _OUTLIERS)))
    return (low, high) if 0 < high - low < _NARROW * white else None


def stretched(samples: npt.NDArray[np.generic], low: float, high: float) -> Samples:
    """Return samples scaled so that `low` is black and `high` white; any shape."""
    made = np.empty(samples.shape, np.uint16)
    for rows in row_blocks(len(samples)):
        values = np.nan_to_num(samples[rows].astype(np.float64), nan=low, posinf=low, neginf=low)
        made[rows] = np.clip((values - low) * (65535 / (high - low)) + 0.5, 0, 65535)
    return made


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
