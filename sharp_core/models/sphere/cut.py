"""Cut an equirectangular picture into the flat tiles that a model can read.

In: pixels (height, width, 3) sRGB. Out: square tiles of the same angular resolution, or of as much
as models use.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from schemas.records import SphereWindow
from sharp_core.models.sphere.tiles import EDGE, Tile, picture_positions, tile_directions

Pixels = npt.NDArray[np.uint8]

_LARGEST_SIDE = 1536  # of a tile in pixels: what the published network is fed with
_SMALLEST_SIDE = 64
_MARGIN = 2  # columns that are repeated at both ends of a picture that goes all around


class SpherePicture:
    """A panorama, prepared for cutting. `side` is that of its tiles in pixels."""

    def __init__(self, pixels: Pixels, window: SphereWindow) -> None:
        whole = round(2 * EDGE * window.pixels_per_radian)
        self.side = min(_LARGEST_SIDE, max(_SMALLEST_SIDE, whole))
        share = min(1.0, self.side / whole)
        # Smaller first: bilinear samples of a much finer picture would flicker from pixel to pixel.
        self._window = _resized_window(window, share)
        size = (self._window.width, self._window.height)
        image = Image.fromarray(pixels)
        if image.size != size:
            image = image.resize(size, Image.Resampling.HAMMING, reducing_gap=3.0)
        goes_around = self._window.width >= self._window.full_width - 1
        self._margin = _MARGIN if goes_around else 0
        padded = np.pad(np.asarray(image), ((0, 0), (self._margin, self._margin), (0, 0)), "wrap")
        self._picture = torch.from_numpy(padded).permute(2, 0, 1)[None].float()  # (1, 3, H, W)

    @property
    def focal_px(self) -> float:
        """The focal length of the tiles, in their pixels."""
        return self.side / (2 * EDGE)

    def cut(self, tile: Tile) -> Pixels:
        """Return the pixels (side, side, 3) of a tile; beyond the picture its border goes on."""
        directions = tile_directions(self.side) @ tile.rotation().T  # (S, S, 3)
        x, y = picture_positions(directions, self._window)
        height, width = self._picture.shape[2:]
        grid = torch.stack((2 * (x + self._margin) / width - 1, 2 * y / height - 1), dim=-1)
        found = torch.nn.functional.grid_sample(
            self._picture, grid[None], mode="bilinear", padding_mode="border", align_corners=False
        )
        pixels: Pixels = found[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()
        return pixels


def _resized_window(window: SphereWindow, share: float) -> SphereWindow:
    width, height = (max(1, round(share * side)) for side in (window.width, window.height))
    exact = width / window.width
    return SphereWindow(
        width, height, exact * window.full_width, exact * window.left, exact * window.top
    )
