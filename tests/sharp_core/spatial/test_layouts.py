from __future__ import annotations

import numpy as np
import pytest

from sharp_core.spatial.layouts import (
    anaglyph,
    crossed,
    half_side_by_side,
    side_by_side,
    top_bottom,
)

LEFT = np.full((40, 60, 3), (200, 40, 40), np.uint8)
RIGHT = np.full((40, 60, 3), (40, 40, 200), np.uint8)


def test_each_eye_is_where_the_layout_has_it():
    both = side_by_side(LEFT, RIGHT)
    assert both.shape == (40, 120, 3)
    assert (both[0, 0] == LEFT[0, 0]).all()
    np.testing.assert_array_equal(crossed(LEFT, RIGHT), side_by_side(RIGHT, LEFT))
    np.testing.assert_array_equal(top_bottom(LEFT, RIGHT)[:40], LEFT)
    np.testing.assert_array_equal(top_bottom(LEFT, RIGHT)[40:], RIGHT)
    half = half_side_by_side(LEFT, RIGHT)
    assert half.shape == LEFT.shape
    assert (half[0, [0, -1]] == [LEFT[0, 0], RIGHT[0, 0]]).all()


@pytest.mark.parametrize("grey", [0, 50, 128, 255])
def test_an_anaglyph_of_equal_grey_eyes_is_that_grey(grey):
    # The rows of the published matrices sum to 1.000, 0.999 and 1.000.
    flat = np.full((8, 8, 3), grey, np.uint8)
    assert np.abs(anaglyph(flat, flat).astype(int) - grey).max() <= 1


def test_red_shows_the_left_eye_and_cyan_the_right_one():
    white, black = np.full((8, 8, 3), 255, np.uint8), np.zeros((8, 8, 3), np.uint8)
    red, green, blue = anaglyph(white, black)[0, 0]
    assert red > 250
    assert max(green, blue) == 0
    red, green, blue = anaglyph(black, white)[0, 0]
    assert red == 0
    assert min(green, blue) > 250


def test_dubois_of_a_known_colour():
    # By hand: linear 0.2140 of 127.5; here of 128, 0.21586, on red alone in the left eye.
    left = np.zeros((1, 1, 3), np.uint8)
    left[..., 0] = 128
    linear = 0.437 * ((128 / 255 + 0.055) / 1.055) ** 2.4
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    assert anaglyph(left, np.zeros_like(left))[0, 0, 0] == pytest.approx(expected, abs=0.6)
