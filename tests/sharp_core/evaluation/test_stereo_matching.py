from __future__ import annotations

import numpy as np
import pytest

from sharp_core.evaluation.stereo_matching import match
from tests.support.stereo_scene import CARD, FAR_PX, NEAR_PX, true_pair

LEFT, RIGHT, _ = true_pair()


def in_card(matches: object) -> np.ndarray:
    rows, columns = CARD
    return (matches.y > rows.start + 8) & (matches.y < rows.stop - 8) & (
        matches.x > columns.start + 8
    ) & (matches.x < columns.stop - 8)  # fmt: skip


def test_disparities_are_those_of_wall_and_card() -> None:
    matches = match(LEFT, RIGHT)
    card = in_card(matches)
    assert np.median(matches.disparity[card]) == pytest.approx(NEAR_PX, abs=0.2)
    assert np.percentile(matches.disparity[~card], 25) == pytest.approx(FAR_PX, abs=0.2)
    assert np.isin(matches.disparity.round(), (FAR_PX, NEAR_PX)).mean() > 0.95
    assert matches.rise == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize(("shift", "rise"), [(60, 0), (-70, 0), (20, 5), (0, -6)])
def test_pictures_may_be_shifted_as_a_whole(shift: int, rise: int) -> None:
    matches = match(LEFT, np.roll(RIGHT, (rise, shift), axis=(0, 1)))
    assert np.median(matches.disparity) == pytest.approx(FAR_PX - shift, abs=0.3)
    assert matches.rise == pytest.approx(rise, abs=0.5)


def test_half_a_pixel_is_measured() -> None:
    wide = np.repeat(LEFT, 2, axis=1).astype(float)
    moved = (np.roll(wide, -9, axis=1)[:, ::2] + np.roll(wide, -9, axis=1)[:, 1::2]) / 2
    matches = match(LEFT, moved.astype(np.uint8))
    assert np.median(matches.disparity) == pytest.approx(4.5, abs=0.15)


def test_other_pictures_do_not_match() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="show too little in common"):
        match(LEFT, rng.integers(0, 256, LEFT.shape, np.uint8))
    grey = np.full_like(LEFT, 128)
    with pytest.raises(ValueError, match="0 blocks match"):
        match(grey, grey)
