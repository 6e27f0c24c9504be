import math

import numpy as np
import pytest
import torch

from sharp_core.scene.cameras import Camera, Intrinsics, look_at
from sharp_core.training.sharp.losses.frustum import frustum_mask

# A wall at z = 4 m, and before it a square of 1 m at z = 2 m around the axis of the source.
WALL_M, SQUARE_M, HALF_M = 4.0, 2.0, 0.5
SOURCE = Camera(Intrinsics.of_photo(40.0, 48, 32), np.eye(4))


def target(x: float, turn: float = 0.0) -> Camera:
    viewmat = look_at((x, 0.1, -0.2), (x + math.sin(turn), 0.1, -0.2 + math.cos(turn)))
    return Camera(Intrinsics.of_photo(36.0, 64, 48), viewmat)


def hits(camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Return depth (H, W) and the points (H, W, 3) in the world that a camera sees."""
    seen = camera.intrinsics
    y, x = np.mgrid[0 : seen.height, 0 : seen.width] + 0.5
    rays = np.stack([(x - seen.cx) / seen.fx, (y - seen.cy) / seen.fy, np.ones_like(x)], axis=-1)
    to_world = np.linalg.inv(camera.viewmat)
    directions, eye = rays @ to_world[:3, :3].T, to_world[:3, 3]
    t = (WALL_M - eye[2]) / directions[..., 2]
    t[directions[..., 2] <= 0] = np.inf
    square_t = (SQUARE_M - eye[2]) / directions[..., 2]
    there = eye + square_t[..., None] * directions
    on_square = (np.abs(there[..., :2]) <= HALF_M).all(axis=-1) & (square_t > 0)
    t = np.where(on_square, square_t, t)
    return t, eye + np.where(np.isfinite(t), t, 0)[..., None] * directions


@pytest.mark.parametrize(("x", "turn"), [(0.0, 0.0), (0.4, 0.0), (-0.5, 0.3), (0.2, -0.5)])
def test_it_equals_the_mask_of_exact_ray_casting(x: float, turn: float):
    camera = target(x, turn)
    depth, points = hits(camera)
    across = points[..., 0] / points[..., 2] * SOURCE.intrinsics.fx / (48 / 2)
    down = points[..., 1] / points[..., 2] * SOURCE.intrinsics.fy / (32 / 2)
    expected = (np.abs(across) <= 1.05) & (np.abs(down) <= 1.05)
    found = frustum_mask(torch.from_numpy(depth.astype(np.float32)), camera, SOURCE).numpy()
    border = np.minimum(abs(abs(across) - 1.05), abs(abs(down) - 1.05)) < 1e-5
    assert (found == expected)[~border].all()
    assert 0.2 < found.mean() < 1.0


def test_disoccluded_pixels_inside_the_view_stay():
    camera = target(0.4)
    depth, points = hits(camera)
    found = frustum_mask(torch.from_numpy(depth.astype(np.float32)), camera, SOURCE).numpy()
    # Seen from the source, the square hides these points of the wall.
    hidden = (points[..., 2] > 3.9) & (
        np.abs(points[..., :2] * SQUARE_M / WALL_M) < HALF_M - 0.01
    ).all(axis=-1)
    assert hidden.sum() > 30
    assert found[hidden].all()


def test_the_margin_keeps_a_rim_of_five_hundredths():
    depth = torch.full((48, 64), WALL_M)
    wide = frustum_mask(depth, target(0.0), SOURCE, 1.05)
    narrow = frustum_mask(depth, target(0.0), SOURCE, 1.0)
    assert (wide | ~narrow).all()
    assert wide.sum() > narrow.sum()


def test_points_behind_the_source_and_unknown_ones_are_left_out_and_sky_is_far():
    backwards = Camera(target(0.0).intrinsics, np.diag([-1.0, 1.0, -1.0, 1.0]))
    assert not frustum_mask(torch.full((48, 64), 3.0), backwards, SOURCE).any()
    depth = torch.full((48, 64), math.inf)
    depth[0] = math.nan
    depth[1] = 0.0
    same = Camera(target(0.0).intrinsics, np.eye(4))
    found = frustum_mask(depth, same, SOURCE)
    assert not found[:2].any()
    assert found[24, 32]
