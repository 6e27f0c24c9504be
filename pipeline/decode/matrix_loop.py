"""The compiled loop of `matrix_profile`: levels -> curves -> matrix -> levels of sRGB."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import types

from sharp_core.numba_compile import compiled

_BITS = 14  # of the fixed-point numbers
_ONE = 1 << _BITS
_HALF = 1 << (_BITS - 1)


@compiled(types.uint8[:, ::1], types.int32[:, ::1], types.int32[:, ::1], types.uint8[::1])
def convert(
    pixels: npt.NDArray[np.uint8],
    curves: npt.NDArray[np.int32],
    matrix: npt.NDArray[np.int32],
    encoded: npt.NDArray[np.uint8],
) -> None:
    """Convert `pixels` (N, 3) in place.

    `curves` (3, 256) and `matrix` (3, 3) are in fixed point; `encoded` (16385,) holds the level of
    each linear light.
    """
    for index in range(pixels.shape[0]):
        red = curves[0, pixels[index, 0]]
        green = curves[1, pixels[index, 1]]
        blue = curves[2, pixels[index, 2]]
        for channel in range(3):
            row = matrix[channel]
            light = (row[0] * red + row[1] * green + row[2] * blue + _HALF) >> _BITS
            pixels[index, channel] = encoded[min(max(light, 0), _ONE)]
