from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.views.stereo import StereoRig, stereo_pair

PHOTO = Intrinsics.of_photo(1500, 1920, 1080)
points = st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.5, 50))


def pixel(camera: Camera, point) -> np.ndarray:
    x, y, z = camera.intrinsics.matrix() @ (camera.viewmat @ [*point, 1])[:3]
    return np.array([x / z, y / z])


@given(points, st.floats(10, 500), st.floats(0.3, 100))
def test_parallax_follows_from_baseline_and_distance(point, baseline_mm, zero_parallax_m):
    # Crossed (positive) before the screen, none on it, uncrossed behind it; never vertical.
    left, right = stereo_pair(PHOTO, StereoRig(baseline_mm, zero_parallax_m))
    parallax = pixel(left, point) - pixel(right, point)
    expected = PHOTO.fx * baseline_mm / 1000 * (1 / point[2] - 1 / zero_parallax_m)
    np.testing.assert_allclose(parallax, [expected, 0], atol=1e-6)


@given(points)
def test_both_eyes_are_centred_on_the_photo_s_camera(point):
    left, right = stereo_pair(PHOTO, StereoRig(64))
    middle = pixel(Camera(PHOTO, np.eye(4)), point)
    np.testing.assert_allclose((pixel(left, point) + pixel(right, point)) / 2, middle, atol=1e-6)


def test_a_parallel_rig_has_no_shift():
    for camera in stereo_pair(PHOTO, StereoRig(64)):
        assert camera.intrinsics == PHOTO


def test_the_left_camera_is_on_the_left():
    left, right = stereo_pair(PHOTO, StereoRig(64))
    eyes = [np.linalg.inv(camera.viewmat)[0, 3] for camera in (left, right)]
    assert eyes == pytest.approx([-0.032, 0.032])


@pytest.mark.parametrize("numbers", [(0, 2), (-3, 2), (math.nan, 2), (63, 0), (63, math.nan)])
def test_invalid_rigs_are_refused(numbers):
    with pytest.raises(ValueError, match="above zero"):
        StereoRig(*numbers)
