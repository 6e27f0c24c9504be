from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.views.comfort import (
    MOST_ADJUSTMENT,
    ComfortSettings,
    DepthRange,
    adjustment_behind_screen,
    adjustment_centered,
    comfortable_baseline,
)

focals = st.floats(0.3, 10)
ranges = st.tuples(st.floats(0.05, 50), st.floats(1.0, 100)).map(
    lambda pair: DepthRange(pair[0], pair[0] * pair[1])
)


@given(focals, ranges, st.floats(1, 500), st.floats(0.005, 0.1))
def test_the_range_of_disparity_stays_within_the_limit(focal, depth, baseline_mm, most):
    settings = ComfortSettings(baseline_mm, None, most)
    baseline = comfortable_baseline(focal, depth, settings)
    assert 0 < baseline <= baseline_mm / 1000
    span = focal * baseline * (1 / depth.near_m - 1 / depth.far_m)
    assert span <= most * 1.000001
    window = adjustment_behind_screen(focal, baseline, depth, settings)
    # Nothing stands before the window, and no adjustment looks like damage.
    assert focal * baseline / depth.near_m - window <= 1e-9
    assert window <= MOST_ADJUSTMENT


@given(focals, ranges)
def test_the_centered_adjustment_splits_disparity_equally(focal, depth):
    settings = ComfortSettings()
    baseline = comfortable_baseline(focal, depth, settings)
    middle = adjustment_centered(focal, baseline, depth, settings)
    before = focal * baseline / depth.near_m - middle
    behind = middle - focal * baseline / depth.far_m
    assert before == pytest.approx(behind, abs=1e-9)
    assert before <= settings.max_disparity / 2 + 1e-9


def test_a_far_scene_gets_the_human_eye_distance():
    assert comfortable_baseline(0.8, DepthRange(5, 100), ComfortSettings()) == 0.063


def test_a_near_scene_gets_a_smaller_baseline():
    # By hand: 0.03 / (0.866 * (1 / 1 - 0)) at 60 degrees of view.
    baseline = comfortable_baseline(0.866, DepthRange(1, 1e9), ComfortSettings())
    assert baseline == pytest.approx(0.0346, abs=0.0001)


def test_the_requested_distance_is_on_the_screen():
    settings = ComfortSettings(converge_m=4.0)
    assert adjustment_behind_screen(0.8, 0.06, DepthRange(2, 9), settings) == pytest.approx(0.012)
    assert adjustment_centered(0.8, 0.06, DepthRange(2, 9), settings) == pytest.approx(0.012)


@pytest.mark.parametrize(
    "wrong",
    [(0, None, 0.03), (63, 0, 0.03), (63, math.inf, 0.03), (63, None, 0), (math.nan, None, 0.03)],
)
def test_invalid_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=r"expected|screen"):
        ComfortSettings(*wrong)
