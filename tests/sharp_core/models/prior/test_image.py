from __future__ import annotations

import numpy as np
import pytest

from sharp_core.models.prior.image import (
    ANALYSIS_AREA,
    blur,
    close_gaps,
    photo_planes,
    rise,
    smooth_within_edges,
    srgb_to_lab,
)
from tests.support.predictor_pictures import plain

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("srgb", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (100, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colours(srgb, lab):
    # The matrix has four decimals.
    np.testing.assert_allclose(srgb_to_lab(np.array([[srgb]], np.uint8))[0, 0], lab, atol=0.1)


@pytest.mark.parametrize("shape", [(3000, 4000), (400, 3000), (20, 30)])
def test_planes_keep_the_shape_and_hold_no_more_than_needed(shape):
    height, width = photo_planes(plain(*shape, 90)).lab.shape[:2]
    assert height * width <= 1.05 * ANALYSIS_AREA
    assert width / height == pytest.approx(shape[1] / shape[0], rel=0.05)


def test_rise_goes_either_way():
    values = np.linspace(-1, 2, 7)
    up, down = rise(values, 0, 1), rise(values, 1, 0)
    np.testing.assert_allclose(up + down, 1, atol=1e-6)
    assert (np.diff(up) >= 0).all()
    assert (up[0], up[-1]) == (0, 1)


def test_blur_keeps_the_sum_and_a_constant():
    spot = np.zeros((31, 31), np.float32)
    spot[15, 15] = 1
    assert blur(spot, 2.0).sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(blur(np.full((9, 5), 0.3, np.float32), 2.0), 0.3, atol=1e-6)


def test_closing_fills_narrow_gaps_and_nothing_else():
    plane = np.ones((20, 30), np.float32)
    plane[:, 4:8] = 0  # four wide
    plane[:, 15:25] = 0
    closed = close_gaps(plane, 2)
    expected = plane.copy()
    expected[:, 4:8] = 1
    np.testing.assert_array_equal(closed, expected)


def test_smoothing_spreads_within_an_area_and_stops_at_its_edge():
    lab = np.zeros((20, 40, 3), np.float32)
    lab[:, 20:, 0] = 100
    sides = np.where(np.arange(40) < 20, 1.0, 3.0)
    plane = (sides + RNG.normal(0, 0.5, (20, 40))).astype(np.float32)
    smooth = smooth_within_edges(plane, lab, 900.0, 4.0)
    for half in (slice(0, 20), slice(20, 40)):
        assert smooth[:, half].std() < 0.1 * plane[:, half].std()
        assert smooth[:, half].mean() == pytest.approx(plane[:, half].mean(), abs=1e-3)
