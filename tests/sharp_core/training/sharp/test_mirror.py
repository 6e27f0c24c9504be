from dataclasses import replace

import numpy as np

from sharp_core.scene.cameras import Camera
from sharp_core.training.sharp.mirror import is_mirrored, mirrored
from tests.support.training_scenes import camera_at, square_before_wall


def warped(source, target) -> np.ndarray:
    """Return where pixels of the target lie in the source (H, W, 2), by the target's depth."""
    seen = target.camera.intrinsics
    y, x = np.mgrid[0 : seen.height, 0 : seen.width] + 0.5
    depth = target.depth_m.astype(np.float64)
    points = np.stack(
        [(x - seen.cx) / seen.fx * depth, (y - seen.cy) / seen.fy * depth, depth, depth * 0 + 1],
        axis=-1,
    )
    there = points @ (source.camera.viewmat @ np.linalg.inv(target.camera.viewmat)).T
    of = source.camera.intrinsics
    return np.stack(
        [
            there[..., 0] / there[..., 2] * of.fx + of.cx,
            there[..., 1] / there[..., 2] * of.fy + of.cy,
        ],
        axis=-1,
    )


def test_a_mirrored_pair_keeps_its_geometry():
    camera = camera_at(0.2, 0.1, 0.05)
    skewed = Camera(replace(camera.intrinsics, cx=40.0), camera.viewmat)
    source, target = square_before_wall(camera_at(0.0)), square_before_wall(skewed)
    plain = warped(source, target)
    flipped = warped(mirrored(source), mirrored(target))
    width = source.camera.intrinsics.width
    np.testing.assert_allclose(width - flipped[:, ::-1, 0], plain[..., 0], atol=1e-9)
    np.testing.assert_allclose(flipped[:, ::-1, 1], plain[..., 1], atol=1e-9)


def test_twice_mirrored_is_the_same():
    picture = square_before_wall(camera_at(0.2, 0.1))
    twice = mirrored(mirrored(picture))
    assert np.array_equal(twice.image, picture.image)
    assert np.array_equal(twice.depth_m, picture.depth_m)
    np.testing.assert_allclose(twice.camera.viewmat, picture.camera.viewmat)
    assert np.linalg.det(mirrored(picture).camera.viewmat[:3, :3]) > 0


def test_the_share_of_mirrored_samples_is_as_asked():
    assert not any(is_mirrored(0.0, 0, number) for number in range(20))
    share = np.mean([is_mirrored(0.5, 1, number) for number in range(400)])
    assert 0.4 < share < 0.6
