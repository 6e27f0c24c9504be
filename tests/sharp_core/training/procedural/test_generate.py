import hashlib

import numpy as np
import pytest

from sharp_core.training.procedural.generate import random_camera, random_place
from sharp_core.training.procedural.places import PLACES
from sharp_core.training.procedural.scene import GROUND, PERSON, SKY
from sharp_core.training.procedural.textures import TextureSource
from sharp_core.training.procedural.tracer import render


def picture(kind, seed, size=64):
    rng = np.random.default_rng(seed)
    place = random_place(rng, TextureSource(), kind)
    return render(place.scene, random_camera(place, size, size, rng))


def digest(rendering):
    parts = (rendering.rgb, rendering.depth, rendering.classes)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


@pytest.mark.parametrize("kind", PLACES)
def test_a_seed_gives_the_same_bytes_and_another_seed_others(kind):
    one, other = digest(picture(kind, 3)), digest(picture(kind, 3))
    assert one == other
    assert digest(picture(kind, 4)) != one


@pytest.mark.parametrize("kind", PLACES)
def test_each_kind_gives_pictures_with_a_sound_truth(kind):
    for seed in range(6):
        result = picture(kind, seed)
        assert result.rgb.shape == (64, 64, 3)
        assert np.isfinite(result.rgb).all()
        assert result.depth.min() > 0
        assert np.array_equal(result.classes == SKY, np.isinf(result.depth))
        assert result.classes.max() <= 3


def test_streets_and_rooms_show_ground_and_people():
    kinds = [picture(kind, seed).classes for kind in ("street", "room") for seed in range(8)]
    assert np.mean([(k == GROUND).mean() for k in kinds]) > 0.1
    assert any((k == PERSON).any() for k in kinds)


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"expected one of room, street, nature, .*found 'moon'"):
        random_place(np.random.default_rng(0), TextureSource(), "moon")
