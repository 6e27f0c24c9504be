"""A TIFF that Pillow does not open, or opens with too few bits -> colours from black to white.

Grey may have white at zero, opacity may be multiplied into the colours, and whole numbers may use
a part of their range alone: what the tags say of all this is applied here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.decode.deep import DeepImage, eight_bits, narrow_range, stretched
from pipeline.decode.row_blocks import row_blocks
from pipeline.decode.tiff_samples import (
    CHANNELS,
    CMYK,
    LAB,
    PALETTE,
    WHITE_IS_ZERO,
    TiffLayout,
    read_samples,
)

Light = npt.NDArray[np.float32]

_PREMULTIPLIED, _SEPARATE = 1, 2  # kinds of opacity
_COLOR_MAP = 320
# The brightest value of images in 32-bit whole or floating-point numbers is nowhere stored: it is
# the least of these that no pixel is above.
_USUAL_WHITES = (1.0, 255.0, 65535.0, 4294967295.0)
# Sensors of 10, 12 and 14 bits fill a part of 16 bits, and no tag says so.
_SENSOR_WHITES = (1023.0, 4095.0, 16383.0, 65535.0)


class DeepTiff(NamedTuple):
    """A TIFF whose directory is read and whose pixels are not."""

    data: bytes
    layout: TiffLayout

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        return self.layout.size

    def load(self) -> Image.Image | DeepImage:
        """Decode the pixels. Raises PhotoError, and what Pillow raises."""
        layout = self.layout
        colors = CHANNELS[layout.photometric]
        samples = read_samples(self.data, layout)
        color, rest = samples[..., :colors], samples[..., colors:]
        if layout.photometric == PALETTE:
            return DeepImage(_from_palette(color, layout), None, layout.icc_profile)
        scaled = _scaled(color, layout)
        alpha = None
        for kind, channel in zip(layout.extra, np.moveaxis(rest, 2, 0), strict=False):
            if kind in (_PREMULTIPLIED, _SEPARATE):
                opacity = _scaled(channel[..., None], layout)
                if kind == _PREMULTIPLIED:
                    scaled = _divided(scaled, opacity)
                alpha = Image.fromarray(eight_bits(opacity[..., 0]))
                break
        if layout.photometric in (CMYK, LAB):
            return _image(scaled, layout)
        if layout.photometric == WHITE_IS_ZERO:
            scaled = 65535 - scaled
        return DeepImage(scaled, alpha, layout.icc_profile)


def _scaled(samples: npt.NDArray[np.generic], layout: TiffLayout) -> npt.NDArray[np.uint16]:
    """Return samples from black, 0, to white, 65535."""
    is_bare = _is_bare_grey(layout)
    if samples.dtype.kind == "u" and layout.bits == 16 and not is_bare:
        return np.asarray(samples, np.uint16)
    white = _white(samples, layout)
    measured = narrow_range(samples, white) if is_bare and layout.bits >= 16 else None
    return stretched(samples, *(measured or (0.0, white)))


def _is_bare_grey(layout: TiffLayout) -> bool:
    """Say whether nothing tells which number is white."""
    return layout.channels == 1 and layout.icc_profile is None


def _white(samples: npt.NDArray[np.generic], layout: TiffLayout) -> float:
    kind = samples.dtype.kind
    if kind == "i" or (kind == "u" and layout.bits < 16):
        return float((1 << layout.bits - (kind == "i")) - 1)
    values = samples[np.isfinite(samples)] if kind == "f" else samples
    brightest = float(values.max()) if values.size else 0.0
    whites = _SENSOR_WHITES if layout.bits == 16 and kind == "u" else _USUAL_WHITES
    return next((white for white in whites if brightest <= white), brightest)


def _divided(
    color: npt.NDArray[np.uint16], opacity: npt.NDArray[np.uint16]
) -> npt.NDArray[np.uint16]:
    """Return colours from before they were multiplied by opacity."""
    made = np.zeros_like(color)
    for rows in row_blocks(len(color)):
        share = np.maximum(opacity[rows].astype(np.uint64), 1)
        made[rows] = np.minimum(color[rows].astype(np.uint64) * 65535 // share, 65535)
    return made


def _from_palette(numbers: npt.NDArray[np.generic], layout: TiffLayout) -> npt.NDArray[np.uint16]:
    table = np.asarray(layout.tags[_COLOR_MAP], np.uint16).reshape(3, -1).T
    return table[np.minimum(numbers[..., 0].astype(np.intp), len(table) - 1)]


def _image(scaled: npt.NDArray[np.uint16], layout: TiffLayout) -> Image.Image:
    """Return CMYK or L*a*b* of eight bits, of which colour management makes the rest."""
    mode = "CMYK" if layout.photometric == CMYK else "LAB"
    image = Image.fromarray(eight_bits(scaled), mode)
    if layout.icc_profile:
        image.info["icc_profile"] = layout.icc_profile
    return image
