from __future__ import annotations

import numpy as np
import pytest

from sharp_core.spatial.lenticular import (
    LensPrint,
    interlace,
    lens_print,
    pitch_test,
    pitches_around,
)

PRINT = LensPrint(width=24, height=5, lpi=100, dpi=600, views=3)  # six dots a lens


def seen_from(printed: LensPrint, picture: np.ndarray, place: float) -> np.ndarray:
    """What lenses show an eye at `place`, from 0 (far left) to 1: one column per lens.

    A lens turns the strips around, so that an eye at the left sees what lies at the right.
    """
    per_lens = printed.dpi / printed.lpi
    columns = [int((lens + 1 - place) * per_lens - 0.5) for lens in range(printed.lenses)]
    return picture[:, columns]


def test_each_eye_sees_its_view_through_the_lenses() -> None:
    rng = np.random.default_rng(3)
    shape = (PRINT.height, PRINT.lenses, 3)
    views = [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(PRINT.views)]
    picture = interlace(PRINT, views)
    assert picture.shape == (5, 24, 3)
    for index, view in enumerate(views):
        place = (index + 0.5) / PRINT.views
        np.testing.assert_array_equal(seen_from(PRINT, picture, place), view)


def test_a_pitch_that_is_no_whole_number_of_dots_does_not_drift() -> None:
    printed = LensPrint(width=6000, height=1, lpi=60.3, dpi=720, views=2)
    views = [np.full((1, printed.lenses, 3), value, np.uint8) for value in (0, 255)]
    row = interlace(printed, views)[0, :, 0]
    changes = np.flatnonzero(np.diff(row.astype(int)) > 0)
    assert len(changes) == pytest.approx(6000 / 720 * 60.3, abs=1)


def test_a_print_has_the_size_and_the_views_that_fit() -> None:
    printed = lens_print(254, 1.5, 60, 720)
    assert (printed.width, printed.height, printed.views) == (7200, 4800, 12)
    assert printed.lenses == 600
    assert printed.aspect == pytest.approx(1.5)
    assert lens_print(254, 1.5, 40, 2400).views == 24


def test_the_band_of_the_right_pitch_is_even_behind_the_lenses() -> None:
    sheet = pitch_test(60, 720, 60)
    pitches = pitches_around(60)
    assert pitches[10] == 60
    label = sheet.shape[1] - round(60 / 25.4 * 720)
    bands = sheet[:, label:]
    rows = np.linspace(0, len(sheet) - 1, 2 * len(pitches) + 1).astype(int)[1::2]
    lenses = np.arange(int(bands.shape[1] / 12))
    evenness = [np.ptp(bands[row][(lenses * 12 + 3)]) for row in rows]
    assert evenness[10] == 0
    assert evenness[0] == evenness[-1] == 255
    assert (sheet[:, :label] == 0).any()  # the labels
