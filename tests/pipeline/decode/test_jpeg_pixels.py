"""The quick decoder of JPEG gives Pillow's values, or leaves the file to Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.decode.jpeg_pixels import decode_sound_jpeg
from sharp_core.containers.jpeg import read_frame
from tests.support.pictures import encode, jpeg, scene

NOISE = np.random.default_rng(7).integers(0, 256, (64, 96, 3), np.uint8)


def quickly(data):
    return decode_sound_jpeg(JpegImageFile(io.BytesIO(data)))


def by_pillow(data):
    return np.asarray(JpegImageFile(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", [(96, 64), (97, 63), (1, 1), (7, 200)])
def test_values_are_those_of_pillow(subsampling, size):
    file = jpeg(np.resize(NOISE, (size[1], size[0], 3)), subsampling=subsampling)
    assert np.array_equal(quickly(file), by_pillow(file))


def test_a_jpeg_of_plain_rgb_is_no_ycbcr():
    file = jpeg(NOISE, keep_rgb=True)
    assert np.array_equal(quickly(file), by_pillow(file))


@pytest.mark.parametrize(
    "file",
    [
        jpeg(NOISE, progressive=True),
        encode(Image.fromarray(NOISE).convert("L"), "JPEG"),
        encode(Image.fromarray(NOISE).convert("CMYK"), "JPEG"),
        jpeg(NOISE)[: len(jpeg(NOISE)) // 2] + b"\xff\xd9",
        jpeg(np.full((64, 64, 3), 128, np.uint8)),  # as if it ended early
    ],
    ids=["progressive", "grey", "CMYK", "cut off", "grey to the end"],
)
def test_the_unusual_is_left_to_pillow(file):
    assert quickly(file) is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_values_of_pillow_or_is_left_to_it(data):
    file = bytearray(jpeg(scene(24, 16)))
    start = read_frame(bytes(file)).scan_start
    for _ in range(data.draw(st.integers(1, 3))):
        file[data.draw(st.integers(start, len(file) - 1))] = data.draw(st.integers(0, 255))
    pixels = quickly(bytes(file))
    if pixels is not None:
        assert np.array_equal(pixels, by_pillow(bytes(file)))
