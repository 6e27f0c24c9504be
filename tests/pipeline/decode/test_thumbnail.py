"""Small pictures for lists."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.decode.thumbnail import thumbnail
from tests.support.pictures import scene


def opened(file):
    image = Image.open(io.BytesIO(file))
    assert image.format == "WEBP"
    return image


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1536, 1024), (512, 341)), ((1024, 1536), (341, 512)), ((3000, 40), (512, 7))],
)
def test_the_long_side_is_as_asked(size, expected):
    assert opened(thumbnail(scene(*size))).size == expected


def test_small_pictures_are_not_enlarged():
    assert opened(thumbnail(scene(100, 50))).size == (100, 50)
    assert opened(thumbnail(scene(100, 50), long_side=20)).size == (20, 10)


def test_it_looks_like_the_photo():
    photo = scene(1536, 1024)
    small = np.asarray(opened(thumbnail(photo)).convert("RGB")).astype(int)
    assert np.abs(small - scene(512, 341)).mean() < 3


def test_fine_patterns_become_their_mean():
    checks = np.indices((1024, 1024)).sum(axis=0) % 2 * 255
    photo = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    small = np.asarray(opened(thumbnail(photo)).convert("RGB")).astype(int)
    assert np.abs(small - 127).max() <= 4


def test_it_is_small():
    noise = np.random.default_rng(5).integers(0, 256, (1024, 1024, 3), np.uint8)
    assert len(thumbnail(noise)) < 150_000
    assert len(thumbnail(scene(1024, 1024))) < 10_000
