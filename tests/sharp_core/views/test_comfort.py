from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.views.comfort import (
    MOST_ADJUSTMENT,
    ComfortSettings,
    DepthRange,
    comfortable_baseline,
    middle_adjustment,
    window_adjustment,
)

focals = st.floats(0.3, 10)
ranges = st.tuples(st.floats(0.05, 50), st.floats(1.0, 100)).map(
    lambda pair: DepthRange(pair[0], pair[0] * pair[1])
)


@given(focals, ranges, st.floats(1, 500), st.floats(0.005, 0.1))
def test_near_and_far_never_differ_by_more_than_is_comfortable(focal, depth, baseline_mm, most):
    settings = ComfortSettings(baseline_mm, None, most)
    baseline = comfortable_baseline(focal, depth, settings)
    assert 0 < baseline <= baseline_mm / 1000
    span = focal * baseline * (1 / depth.near_m - 1 / depth.far_m)
    assert span <= most * 1.000001
    window = window_adjustment(focal, baseline, depth, settings)
    # Nothing stands before the window, and no adjustment looks like damage.
    assert focal * baseline / depth.near_m - window <= 1e-9
    assert window <= MOST_ADJUSTMENT


@given(focals, ranges)
def test_in_the_middle_as_much_stands_before_the_screen_as_behind(focal, depth):
    settings = ComfortSettings()
    baseline = comfortable_baseline(focal, depth, settings)
    middle = middle_adjustment(focal, baseline, depth, settings)
    before = focal * baseline / depth.near_m - middle
    behind = middle - focal * baseline / depth.far_m
    assert before == pytest.approx(behind, abs=1e-9)
    assert before <= settings.max_disparity / 2 + 1e-9


def test_a_far_scene_is_seen_by_eyes_as_far_apart_as_a_persons():
    assert comfortable_baseline(0.8, DepthRange(5, 100), ComfortSettings()) == 0.063


def test_a_near_scene_brings_the_eyes_together():
    # By hand: 0.03 / (0.866 * (1 / 1 - 0)) at 60 degrees of view.
    baseline = comfortable_baseline(0.866, DepthRange(1, 1e9), ComfortSettings())
    assert baseline == pytest.approx(0.0346, abs=0.0001)


def test_the_distance_asked_for_lies_on_the_screen():
    settings = ComfortSettings(converge_m=4.0)
    assert window_adjustment(0.8, 0.06, DepthRange(2, 9), settings) == pytest.approx(0.012)
    assert middle_adjustment(0.8, 0.06, DepthRange(2, 9), settings) == pytest.approx(0.012)


@pytest.mark.parametrize(
    "wrong",
    [(0, None, 0.03), (63, 0, 0.03), (63, math.inf, 0.03), (63, None, 0), (math.nan, None, 0.03)],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"expected|screen"):
        ComfortSettings(*wrong)
