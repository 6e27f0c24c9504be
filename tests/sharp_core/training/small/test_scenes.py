import numpy as np

from sharp_core.training.procedural.camera import ProceduralCamera, intrinsics_from_focal
from sharp_core.training.procedural.textures import TextureSource
from sharp_core.training.procedural.tracer import Rendering
from sharp_core.training.small.scenes import (
    ProceduralScenes,
    nearest_of_cells,
    validation_scenes,
)


def test_a_wire_of_one_pixel_stays_in_the_target():
    depth = np.full((4, 6), np.inf, np.float32)
    depth[1, :] = 2.0
    classes = np.where(np.isfinite(depth), 3, 0).astype(np.uint8)
    camera = ProceduralCamera(intrinsics_from_focal(5.0, 6, 4), np.eye(4, dtype=np.float32), 6, 4)
    inverse, kinds = nearest_of_cells(Rendering(np.zeros((4, 6, 3)), depth, classes, camera))
    np.testing.assert_array_equal(inverse, [[0.5] * 3, [0.0] * 3])
    np.testing.assert_array_equal(kinds, [[3] * 3, [0] * 3])


def test_validation_scenes_are_the_same_each_time():
    source = ProceduralScenes(TextureSource())
    one, other = (validation_scenes(source, 2, 64, 96) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        assert a.pixels.shape == (64, 96, 3)
        assert a.inverse_depth.shape == a.classes.shape == (32, 48)
        assert np.array_equal(a.pixels, b.pixels)
        assert np.array_equal(a.inverse_depth, b.inverse_depth)
