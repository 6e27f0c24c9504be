import numpy as np
import pytest

from sharp_core.training.procedural.camera import ProceduralCamera, intrinsics_from_focal, look
from sharp_core.training.procedural.generate import moved


def camera(yaw=0.4, pitch=-0.2, roll=0.1):
    viewmat = look(np.float32([1.0, -1.6, 2.0]), yaw, pitch, roll)
    return ProceduralCamera(intrinsics_from_focal(30.0, 40, 24), viewmat, 40, 24)


def test_viewmats_are_rotations_and_keep_the_position():
    view = camera()
    rotation = view.viewmat[:3, :3].astype(float)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(view.position, [1.0, -1.6, 2.0], atol=1e-6)


def test_rays_at_depth_t_project_back_to_their_pixel():
    view = camera()
    points = view.position + 3.5 * view.directions()
    there = view.to_camera(points)
    np.testing.assert_allclose(there[..., 2], 3.5, rtol=1e-5)
    column = there[..., 0] / there[..., 2] * 30.0 + 20.0
    row = there[..., 1] / there[..., 2] * 30.0 + 12.0
    np.testing.assert_allclose(column, np.tile(np.arange(40) + 0.5, (24, 1)), atol=1e-3)
    np.testing.assert_allclose(row, np.tile(np.arange(24)[:, None] + 0.5, (1, 40)), atol=1e-3)


def test_angles_mean_what_they_say():
    middle = (12, 20)
    assert camera(0.5, 0, 0).directions()[middle][0] > 0.3  # turned right: +x
    assert camera(0, 0.5, 0).directions()[middle][1] < -0.3  # looking up: -y


def test_moving_goes_along_the_cameras_own_axes():
    view = camera()
    further = moved(view, np.float32([0.0, 0.0, 2.0]))
    ahead = view.position + 2.0 * view.viewmat[2, :3]
    np.testing.assert_allclose(further.position, ahead, atol=1e-5)


def test_a_resized_camera_sees_the_same():
    view = camera()
    fine = view.resized(2)
    assert (fine.width, fine.height) == (80, 48)
    mean = fine.directions().reshape(24, 2, 40, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(mean, view.directions(), atol=1e-5)
