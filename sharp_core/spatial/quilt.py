"""Looking Glass quilts: all views of a light field in one picture, as tiles.

The first view, from the far left, is the tile at the bottom left; the last one is at the top right
(https://docs.lookingglassfactory.com/keyconcepts/quilts). The displays' programs read the tiles
and their shape from the end of the file's name, such as `_qs8x6a0.75`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.choices import QuiltDevice

Pixels = npt.NDArray[np.uint8]


class Quilt(NamedTuple):
    """The tiles of a quilt."""

    columns: int
    rows: int
    width: int  # pixels of the whole picture
    height: int
    aspect: float  # width over height of what the display shows

    @property
    def views(self) -> int:
        """The number of tiles."""
        return self.columns * self.rows

    @property
    def tile(self) -> tuple[int, int]:
        """Width and height of a tile in pixels. Its pixels need not be square."""
        return self.width // self.columns, self.height // self.rows

    @property
    def name_end(self) -> str:
        """The end of a file's name, before its suffix."""
        return f"_qs{self.columns}x{self.rows}a{self.aspect:.4g}"


_WIDE, _TALL = 16 / 9, 9 / 16
# As the maker's documentation and its open-source toolkit list them.
QUILTS = {
    QuiltDevice.GO: Quilt(11, 6, 4092, 4092, _TALL),
    QuiltDevice.PORTRAIT: Quilt(8, 6, 3360, 3360, 0.75),
    QuiltDevice.LANDSCAPE_16: Quilt(7, 7, 5999, 5999, _WIDE),
    QuiltDevice.PORTRAIT_16: Quilt(11, 6, 5995, 6000, _TALL),
    QuiltDevice.LANDSCAPE_32: Quilt(7, 7, 8190, 8190, _WIDE),
    QuiltDevice.PORTRAIT_32: Quilt(11, 6, 8184, 8184, _TALL),
    QuiltDevice.LANDSCAPE_65: Quilt(8, 9, 8192, 8192, _WIDE),
    QuiltDevice.FIRST_8_9: Quilt(5, 9, 2048, 2048, 1.6),
    QuiltDevice.FIRST_16: Quilt(5, 9, 4096, 4096, _WIDE),
    QuiltDevice.FIRST_8K: Quilt(5, 9, 8192, 8192, _WIDE),
}


def inner_size(quilt: Quilt, aspect: float) -> tuple[int, int]:
    """Return how many pixels of a tile a view of this aspect takes that is shown as a whole."""
    width, height = quilt.tile
    if aspect > quilt.aspect:
        return width, max(1, round(height * quilt.aspect / aspect))
    return max(1, round(width * aspect / quilt.aspect)), height


def framed(quilt: Quilt, view: Pixels) -> Pixels:
    """Return a tile with a view in its middle, on black."""
    width, height = quilt.tile
    down, across = height - view.shape[0], width - view.shape[1]
    sides = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(view, sides)


def arrange(quilt: Quilt, views: Iterable[Pixels]) -> Pixels:
    """Return the quilt (height, width, 3) of views from left to right, each of the tile's size.

    Pixels that the tiles leave at the right and the top are black. Raises ValueError if there are
    more or fewer views than tiles.
    """
    picture = np.zeros((quilt.height, quilt.width, 3), np.uint8)
    width, height = quilt.tile
    for index, view in zip(range(quilt.views), views, strict=True):
        row, column = divmod(index, quilt.columns)
        bottom, left = quilt.height - row * height, column * width
        picture[bottom - height : bottom, left : left + width] = view
    return picture
