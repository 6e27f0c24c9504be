from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sharp_core.evaluation.datasets.fisheye import _rays, distorted, filled_camera, undistorted
from sharp_core.scene.cameras import Intrinsics

CAMERA = Intrinsics(700.0, 690.0, 610.0, 420.0, 1200, 800)
DISTORTION = (0.04, -0.01, 0.002, -0.0005)


def test_undistorting_rays_undoes_distorting_them() -> None:
    x, y = np.random.default_rng(0).uniform(-1.5, 1.5, (2, 200))
    found = _rays(*distorted(x, y, CAMERA, DISTORTION), CAMERA, DISTORTION)
    np.testing.assert_allclose(found, (x, y), atol=1e-9)


def test_a_ray_lands_where_the_formula_says() -> None:
    theta = np.pi / 4  # of the ray (1, 0, 1)
    k1, k2, k3, k4 = DISTORTION
    bent = theta + k1 * theta**3 + k2 * theta**5 + k3 * theta**7 + k4 * theta**9
    columns, rows = distorted(np.array([1.0]), np.array([0.0]), CAMERA, DISTORTION)
    assert columns[0] == pytest.approx(700 * bent + 610)
    assert rows[0] == 420


def test_the_picture_fills_the_new_camera_up_to_one_side() -> None:
    camera = replace(CAMERA, fy=CAMERA.fx)  # as its square pixels make the formula exact
    wanted = filled_camera(camera, DISTORTION)
    assert (wanted.width, wanted.height) == (1200, 800)
    white = np.full((800, 1200, 3), 255, np.uint8)
    shown = undistorted(white, camera, DISTORTION, wanted)
    edges = [shown[400, 2], shown[400, -3], shown[2, 600], shown[-3, 600]]
    assert min(int(edge.min()) for edge in edges) == 255
    wider = Intrinsics(0.8 * wanted.fx, 0.8 * wanted.fy, wanted.cx, wanted.cy, 1200, 800)
    shown = undistorted(white, camera, DISTORTION, wider)
    assert min(int(shown[400, 2].min()), int(shown[2, 600].min())) == 0
