from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.scene.cameras import (
    Camera,
    Intrinsics,
    eye_viewmat,
    fit_long_side,
    look_at,
    target_depth,
)
from tests.support.render_recordings import recorded_scene

positions = st.tuples(*[st.floats(-5, 5)] * 3)
photos = st.builds(
    Intrinsics.of_photo, st.floats(100, 9000), st.integers(2, 9000), st.integers(2, 9000)
)


def pixel(intrinsics: Intrinsics, point: np.ndarray) -> np.ndarray:
    x, y, z = intrinsics.matrix() @ point
    return np.array([x / z, y / z])


@given(positions, positions)
def test_look_at_places_an_upright_camera_at_the_eye(eye, target):
    forward = np.subtract(target, eye)
    sideways = np.hypot(forward[0], forward[2])
    if sideways < 1e-3:
        return
    viewmat = look_at(eye, target)
    rotation = viewmat[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(viewmat @ [*eye, 1], [0, 0, 0, 1], atol=1e-9)
    distance = np.linalg.norm(forward)
    np.testing.assert_allclose(viewmat @ [*target, 1], [0, 0, distance, 1], atol=1e-6)
    assert rotation[0, 1] == pytest.approx(0)  # the picture's rows are level
    assert rotation[1, 1] > 0  # and its top is up


def test_the_view_from_the_origin_is_the_identity():
    np.testing.assert_array_equal(eye_viewmat((0, 0, 0), 3.0), np.eye(4))


@pytest.mark.parametrize("target", [(1, 2, 3), (1, -5, 3)])
def test_look_at_refuses_an_undetermined_direction_or_roll(target):
    with pytest.raises(ValueError, match="no camera looks that way"):
        look_at((1, 2, 3), target)


@given(photos, st.integers(2, 500), st.integers(2, 500))
def test_resized_keeps_the_relative_position_of_every_point(photo, width, height):
    point = np.array([0.3, -0.2, 2.0])
    share = pixel(photo, point) / [photo.width, photo.height]
    resized = photo.resized(width, height)
    np.testing.assert_allclose(pixel(resized, point) / [width, height], share)


@given(photos, st.floats(1, 3), st.floats(0, 1), st.floats(0, 1))
def test_magnified_maps_the_crop_to_the_whole_image(photo, zoom, x, y):
    left, top = x * (1 - 1 / zoom), y * (1 - 1 / zoom)
    magnified = photo.magnified(zoom, left, top)
    for corner in np.array([[0, 0], [1, 0], [0, 1], [1, 1]]):
        in_photo = (np.array([left, top]) + corner / zoom) * [photo.width, photo.height]
        point = np.linalg.inv(photo.matrix()) @ [*in_photo, 1]
        expected = corner * [photo.width, photo.height]
        np.testing.assert_allclose(pixel(magnified, point), expected, atol=1e-6 * photo.width * 9)


@given(photos, st.integers(2, 4000))
def test_fit_long_side_gives_even_sides_and_never_enlarges(photo, long_side):
    fitted = fit_long_side(photo, long_side)
    assert fitted.width % 2 == fitted.height % 2 == 0
    assert fitted.width <= photo.width + 1
    assert fitted.height <= photo.height + 1
    assert max(fitted.width, fitted.height) <= long_side + 1


def test_fit_long_side_keeps_the_aspect_ratio():
    fitted = fit_long_side(Intrinsics.of_photo(3000, 3024, 4032), 960)
    assert (fitted.width, fitted.height) == (720, 960)
    assert fitted.fx == pytest.approx(fitted.fy)


def test_the_focus_depth_is_at_least_two_metres():
    scene = recorded_scene()
    assert target_depth(scene) == 2.0
    scene.means.mul_(10)
    assert target_depth(scene) == pytest.approx(10 * 1.71734957, rel=1e-6)


@pytest.mark.parametrize(
    "numbers", [(0, 1, 1, 1, 4, 4), (1, float("nan"), 1, 1, 4, 4), (1, 1, 1, 1, 0, 4)]
)
def test_invalid_intrinsics_are_refused(numbers):
    with pytest.raises(ValueError, match=r"is no pinhole camera|is not one"):
        Intrinsics(*numbers)


@pytest.mark.parametrize("viewmat", [np.eye(3), np.full((4, 4), np.nan)])
def test_invalid_viewmats_are_refused(viewmat):
    with pytest.raises(ValueError, match="viewmat"):
        Camera(Intrinsics.of_photo(10, 4, 4), viewmat)
