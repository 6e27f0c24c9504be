from __future__ import annotations

import math

import pytest

from sharp_core.containers.heif_camera import StereoCamera
from sharp_core.containers.spatial_limits import camera_problems, widest_width


def camera(degrees: float) -> StereoCamera:
    return StereoCamera(0.5 / math.tan(math.radians(degrees / 2)), 0.063, 0.02)


@pytest.mark.parametrize("degrees", [9.99, 120.01, 2.6])
def test_angles_beyond_the_limits_are_errors(degrees: float) -> None:
    problems = camera_problems(camera(degrees))
    assert "angle of view" in problems.errors[0]
    assert not problems.warnings


def test_ten_degrees_are_a_lens_of_206_mm() -> None:
    assert not camera_problems(StereoCamera(205 / 36, 0.063, 0.02)).errors
    (error,) = camera_problems(StereoCamera(207 / 36, 0.063, 0.02)).errors
    assert "207 mm" in error


@pytest.mark.parametrize(("degrees", "warnings"), [(89.9, 0), (90.1, 1), (119.9, 1)])
def test_wide_angles_are_warned_of(degrees: float, warnings: int) -> None:
    problems = camera_problems(camera(degrees))
    assert (len(problems.errors), len(problems.warnings)) == (0, warnings)


@pytest.mark.parametrize("focal_px", [100.0, 100.5, 333.3, 1024.0])
def test_the_widest_width_is_just_below_90_degrees(focal_px: float) -> None:
    width = widest_width(focal_px)
    assert width % 2 == 0
    assert math.degrees(2 * math.atan(width / 2 / focal_px)) < 90
    assert math.degrees(2 * math.atan((width + 4) / 2 / focal_px)) > 90
