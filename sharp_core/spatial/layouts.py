"""Both eyes in one flat image, as televisions, headsets and phones take them.

Eyes are (height, width, 3) sRGB, of the same size; what lies at the distance of the screen has the
same place in both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from sharp_core.render.result import to_srgb8
from sharp_core.scene.colors import srgb_to_linear

Pixels = npt.NDArray[np.uint8]

# E. Dubois, "A projection method to generate anaglyph stereo images" (2001), in its least-squares
# matrices for red-cyan glasses of 2009: linear RGB of an eye to linear RGB of its part.
_LEFT_TO_ANAGLYPH = (
    (0.437, 0.449, 0.164),
    (-0.062, -0.062, -0.024),
    (-0.048, -0.050, -0.017),
)
_RIGHT_TO_ANAGLYPH = (
    (-0.011, -0.032, -0.007),
    (0.377, 0.761, 0.009),
    (-0.026, -0.093, 1.234),
)
_ROWS = 256  # computed at once


def side_by_side(left: Pixels, right: Pixels) -> Pixels:
    """Return the left eye's image and, at its right, the right eye's: 2 W x H."""
    return np.concatenate([left, right], axis=1)


def half_side_by_side(left: Pixels, right: Pixels) -> Pixels:
    """Return both side by side, each squeezed to half its width: W x H."""
    return side_by_side(*(_half_width(eye) for eye in (left, right)))


def crossed(left: Pixels, right: Pixels) -> Pixels:
    """Return both side by side for eyes that squint: the right eye's image on the left."""
    return side_by_side(right, left)


def top_bottom(left: Pixels, right: Pixels) -> Pixels:
    """Return the left eye's image above the right eye's: W x 2 H."""
    return np.concatenate([left, right], axis=0)


def anaglyph(left: Pixels, right: Pixels) -> Pixels:
    """Return one image for red-cyan glasses, the red glass before the left eye (Dubois)."""
    matrices = [
        torch.tensor(matrix, dtype=torch.float32)
        for matrix in (_LEFT_TO_ANAGLYPH, _RIGHT_TO_ANAGLYPH)
    ]
    image = np.empty_like(left)
    for top in range(0, len(left), _ROWS):
        rows = slice(top, top + _ROWS)
        seen_left, seen_right = (
            _linear(eye[rows]) @ matrix.T
            for eye, matrix in zip((left, right), matrices, strict=True)
        )
        image[rows] = to_srgb8(seen_left + seen_right)
    return image


def _linear(pixels: Pixels) -> torch.Tensor:
    return _LINEAR[torch.from_numpy(pixels.astype(np.int64))]


_LINEAR = srgb_to_linear(torch.arange(256) / 255)


def _half_width(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    half = (image.width // 2, image.height)
    return np.asarray(image.resize(half, Image.Resampling.LANCZOS))
