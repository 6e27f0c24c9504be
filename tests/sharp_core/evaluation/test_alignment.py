from __future__ import annotations

import numpy as np
import pytest

from sharp_core.evaluation.alignment import fit_shift, scale_from_depth, scale_from_matches
from sharp_core.evaluation.stereo_matching import match
from sharp_core.scene.cameras import Camera, Intrinsics
from tests.support.stereo_scene import BASELINE_M, FOCAL_PX, HEIGHT, WIDTH, true_pair

LEFT, RIGHT, TRUE_DEPTH = true_pair()
ASIDE = np.eye(4)
ASIDE[0, 3] = -BASELINE_M
INTRINSICS = Intrinsics.of_photo(FOCAL_PX, WIDTH, HEIGHT)
SOURCE, TARGET = Camera(INTRINSICS, np.eye(4)), Camera(INTRINSICS, ASIDE)


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_a_planted_factor_is_recovered_from_true_depth(factor: float) -> None:
    predicted = TRUE_DEPTH / np.float32(factor)
    true = TRUE_DEPTH.copy()
    true[::2] = np.nan  # sparse, with outliers
    true[1, :] = 40.0
    assert scale_from_depth(predicted[::3, ::3], true) == pytest.approx(factor, rel=1e-5)


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_a_planted_factor_is_recovered_by_matching(factor: float) -> None:
    predicted = TRUE_DEPTH / np.float32(factor)
    matches = match(LEFT, RIGHT)
    assert scale_from_matches(predicted, matches, SOURCE, TARGET) == pytest.approx(factor, rel=0.02)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("shift", [0, 40, -55])
def test_scale_and_shift_are_fitted_together(factor: float, shift: int) -> None:
    predicted = TRUE_DEPTH / np.float32(factor)
    matches = match(LEFT, np.roll(RIGHT, shift, axis=1))
    plain, aligned = fit_shift(predicted, matches, SOURCE, TARGET)
    assert aligned is not None
    assert aligned.scale == pytest.approx(factor, rel=0.04)
    assert aligned.shift_px == pytest.approx(shift, abs=0.4)
    assert plain.scale == 1
    if factor == 1.0:
        assert plain.shift_px == pytest.approx(shift, abs=0.4)


def test_in_a_flat_scene_the_shift_stands_for_the_scale() -> None:
    plain, aligned = fit_shift(np.full_like(TRUE_DEPTH, 2.0), match(LEFT, RIGHT), SOURCE, TARGET)
    assert aligned == plain


def test_depth_that_falls_where_it_should_rise_has_no_aligned_scale() -> None:
    _, aligned = fit_shift(3.2 - TRUE_DEPTH, match(LEFT, RIGHT), SOURCE, TARGET)
    assert aligned is None


def test_too_few_depths_give_no_scale() -> None:
    nothing = np.full_like(TRUE_DEPTH, np.nan)
    assert scale_from_depth(TRUE_DEPTH, nothing) is None
    with pytest.raises(ValueError, match="empty"):
        fit_shift(nothing, match(LEFT, RIGHT), SOURCE, TARGET)
