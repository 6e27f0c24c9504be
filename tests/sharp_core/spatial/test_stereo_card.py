from __future__ import annotations

import numpy as np

from sharp_core.spatial.stereo_card import DPI, stereo_card

LEFT = np.full((300, 400, 3), (200, 40, 40), np.uint8)
RIGHT = np.full((300, 400, 3), (40, 40, 200), np.uint8)


def test_a_card_has_the_classic_size_and_an_arched_picture_on_each_side() -> None:
    card = stereo_card(LEFT, RIGHT)
    assert card.shape == (3.5 * DPI, 7 * DPI, 3)
    for eye, half in ((LEFT, card[:, :1050]), (RIGHT, card[:, 1050:])):
        inside = (half == eye[0, 0]).all(axis=-1)
        columns = inside.sum(axis=0)
        middle = len(columns) // 2
        assert np.flatnonzero(columns).size == 3 * DPI
        assert columns[middle] > columns[columns > 0].min() + 0.25 * DPI  # the arch
        assert inside[-60:].sum() == 0  # room for a caption


def test_the_pictures_show_the_middle_without_distortion() -> None:
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255
    card = stereo_card(wide, wide)
    assert (card[600, 300:700] == 255).all()


def test_a_caption_is_written_where_the_font_has_its_letters() -> None:
    plain = stereo_card(LEFT, RIGHT)
    assert (stereo_card(LEFT, RIGHT, "Bryggen, 1890") != plain).any()
    assert (stereo_card(LEFT, RIGHT, "港") == plain).all()
    long = stereo_card(LEFT, RIGHT, "A long caption " * 40)
    assert (long[:, :60] == plain[:, :60]).all()
