from __future__ import annotations

import numpy as np
import pytest

from sharp_core.quality.picture import measure_picture
from tests.support.textures import blurred, lake, page, photo_like, stars, window


def test_sharpness_is_above_one_for_steps_and_falls_with_blur() -> None:
    found = [
        measure_picture(blurred(photo_like(), radius) if radius else photo_like()).sharpness
        for radius in (0, 1, 2, 4)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > 1
    assert found[2] < 0.6


def test_sharpness_does_not_depend_on_contrast_or_resolution() -> None:
    sharp = measure_picture(photo_like()).sharpness
    pale = (photo_like().astype(np.float32) * 0.5 + 60).astype(np.uint8)
    assert measure_picture(pale).sharpness == pytest.approx(sharp, rel=0.1)
    large = photo_like(1920, 1280).repeat(2, axis=0).repeat(2, axis=1)
    assert measure_picture(large).sharpness > 1


def test_a_picture_of_one_colour_has_no_sharpness_and_one_colour() -> None:
    found = measure_picture(np.full((300, 400, 3), 128, np.uint8))
    assert (found.sharpness, found.colors, found.exact_share, found.even_rows) == (0, 1, 1, 1)


def test_writing_stars_and_reflections_are_told_from_photos() -> None:
    photo = measure_picture(photo_like())
    assert measure_picture(page()).written_share > 0.4 > 4 * photo.written_share
    assert measure_picture(stars()).star_density > 10 > 5 * photo.star_density
    assert measure_picture(lake()).mirror > 0.75 > photo.mirror + 0.3
    assert measure_picture(window()).exact_share > 0.9 > photo.exact_share + 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (40, 9), (30, 2000)])
def test_tiny_and_thin_pictures_are_measured(size: tuple[int, int]) -> None:
    found = measure_picture(np.zeros((*size, 3), np.uint8))
    assert found.dark_share == 1
    assert found.aspect == max(size) / min(size)
