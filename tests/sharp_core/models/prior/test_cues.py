from __future__ import annotations

import numpy as np
import pytest

from sharp_core.models.prior.cues import Cues, find_cues
from sharp_core.models.prior.image import blur, photo_planes
from sharp_core.models.prior.segments import Segments, find_segments
from tests.support.predictor_pictures import (
    Pixels,
    field_under_sky,
    noisy,
    plain,
    red_post_on_field,
)


def look(pixels: Pixels) -> tuple[Cues, Segments]:
    planes = photo_planes(pixels)
    segments = find_segments(planes.lab)
    return find_cues(planes, segments), segments


def test_sky_is_above_and_grass_is_none():
    cues, segments = look(field_under_sky())
    sky = cues.sky[segments.labels]
    assert sky[:60].min() > 0.5
    assert sky[80:].max() < 0.1


def test_blue_below_something_else_is_no_sky():
    cues, _ = look(np.ascontiguousarray(field_under_sky()[::-1]))
    assert cues.sky.max() < 0.1


def test_what_stands_out_is_salient():
    cues, segments = look(red_post_on_field())
    salient = cues.salient[segments.labels]
    assert salient[45:110, 85:115].mean() > 0.8
    assert salient[:, :60].mean() < 0.2


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_says_nothing(level):
    cues, _ = look(plain(90, 120, level))
    assert cues.salient.max() < 0.01
    assert cues.depth_of_field == 0
    assert cues.drawn == 1


def test_focus_is_told_from_blur():
    texture = np.random.default_rng(4).integers(0, 2, (60, 80)).repeat(5, 0).repeat(5, 1) * 200.0
    image = np.repeat(texture[..., None], 3, axis=2)  # (300, 400, 3)
    soft = blur(texture.astype(np.float32), 3.0)
    image[:, 200:] = soft[:, 200:, None]
    cues, segments = look(noisy(image))
    sharp = cues.sharp[segments.labels]
    middle = sharp.shape[1] // 2
    assert cues.depth_of_field > 0.8
    assert sharp[:, : middle - 8].mean() > sharp[:, middle + 8 :].mean() + 0.5


def test_where_all_is_sharp_focus_tells_nothing():
    texture = np.random.default_rng(4).integers(0, 2, (60, 80)).repeat(5, 0).repeat(5, 1) * 200.0
    cues, _ = look(noisy(np.repeat(texture[..., None], 3, axis=2)))
    assert cues.depth_of_field < 0.1
    assert cues.drawn < 0.1
