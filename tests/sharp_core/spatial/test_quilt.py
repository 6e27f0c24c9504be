from __future__ import annotations

import numpy as np
import pytest

from schemas.choices import QuiltDevice
from sharp_core.spatial.quilt import QUILTS, Quilt, arrange, framed, inner_size

SMALL = Quilt(3, 2, 31, 20, 0.5)


def views(quilt: Quilt) -> list[np.ndarray]:
    width, height = quilt.tile
    return [np.full((height, width, 3), 10 + index, np.uint8) for index in range(quilt.views)]


def test_the_first_view_is_at_the_bottom_left_and_the_last_one_at_the_top_right() -> None:
    picture = arrange(SMALL, views(SMALL))
    assert picture.shape == (20, 31, 3)
    assert picture[-1, 0, 0] == 10
    assert picture[-1, 29, 0] == 12
    assert picture[0, 0, 0] == 13
    assert picture[0, 29, 0] == 15
    assert (picture[:, 30] == 0).all()  # no tile reaches it


def test_a_view_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        arrange(SMALL, views(SMALL)[1:])


@pytest.mark.parametrize(
    ("device", "name_end"),
    [
        (QuiltDevice.PORTRAIT, "_qs8x6a0.75"),
        (QuiltDevice.GO, "_qs11x6a0.5625"),
        (QuiltDevice.LANDSCAPE_65, "_qs8x9a1.778"),
    ],
)
def test_the_name_tells_the_tiles(device: QuiltDevice, name_end: str) -> None:
    assert QUILTS[device].name_end == name_end


def test_every_display_has_a_quilt_of_nearly_square_pixels() -> None:
    assert set(QUILTS) == set(QuiltDevice)
    for quilt in QUILTS.values():
        width, height = quilt.tile
        assert 0.3 < width / height / quilt.aspect < 3
        assert quilt.views >= 45


@pytest.mark.parametrize("aspect", [0.2, 0.5, 1.5])
def test_a_whole_photo_is_framed_in_black(aspect: float) -> None:
    width, height = inner_size(SMALL, aspect)
    tile_width, tile_height = SMALL.tile
    assert width == tile_width or height == tile_height
    # The tile is shown with an aspect of 0.5, whatever its pixels are.
    shown = width / tile_width * SMALL.aspect / (height / tile_height)
    assert shown == pytest.approx(aspect, rel=0.35)  # of ten pixels
    tile = framed(SMALL, np.full((height, width, 3), 9, np.uint8))
    assert tile.shape == (tile_height, tile_width, 3)
    assert (tile == 9).sum() == 3 * width * height
