import numpy as np
import pytest
from PIL import Image

from sharp_core.training.procedural.textures import (
    TextureSource,
    bricks,
    noise,
    stripes,
    texture_from,
    textures_of,
)


@pytest.mark.parametrize("pattern", [noise, stripes, bricks])
def test_patterns_are_colours_and_depend_on_the_seed_alone(pattern):
    one, other = (pattern(np.random.default_rng(6)) for _ in range(2))
    assert one.shape == (128, 128, 3)
    assert 0 <= one.min() <= one.max() <= 1
    assert np.array_equal(one, other)


def test_coarser_levels_keep_the_mean():
    picture = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    levels = texture_from(picture).levels
    assert [level.shape[0] for level in levels] == [16, 8, 4, 2, 1]
    for level in levels:
        np.testing.assert_allclose(level.mean(axis=(0, 1)), picture.mean(axis=(0, 1)), rtol=1e-4)


def test_textures_repeat_mirrored_and_far_ones_blur():
    picture = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    texture = texture_from(picture)
    uv = np.float32([[0.3, 0.7], [-0.3, 0.7], [1.7, 1.3], [2.3, 0.7]])
    near = texture.sample(uv, np.full(4, 0.01, np.float32))
    assert np.all(near == near[0])
    far = texture.sample(uv[:1], np.ones(1, np.float32))
    np.testing.assert_allclose(far[0], picture.mean(axis=(0, 1)), rtol=1e-4)


def test_photos_of_a_folder_become_textures(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected photos as \*.jpg"):
        textures_of(tmp_path)
    Image.new("RGB", (300, 200), (255, 0, 0)).save(tmp_path / "red.jpg")
    source = TextureSource(textures_of(tmp_path).photos, photo_share=1.0)
    colour = source.draw(np.random.default_rng(0)).levels[-1][0, 0]
    assert colour[0] > 0.9
    assert colour[1:].max() < 0.1
