"""The quick decoder of JPEG gives Pillow's values, or leaves the file to Pillow."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.decode.jpeg_pixels import decode_sound_jpeg
from sharp_core.containers.jpeg import read_frame, segment_bytes, segments
from tests.support.pictures import encode, jpeg, scene

SOF0, DHT, SOS, DQT = 0xC0, 0xC4, 0xDA, 0xDB
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


def in_a_scan_for_each_component(pixels):
    """A baseline JPEG whose components do not share a scan: as three grey ones, of one kind."""
    planes = [jpeg(plane) for plane in np.moveaxis(pixels, -1, 0)]
    height, width = pixels.shape[:2]
    shape = struct.pack(">BHHB", 8, height, width, 3) + b"".join(
        bytes([number, 0x11, 0]) for number in (1, 2, 3)
    )
    tables = b"".join(
        segment_bytes(one.marker, planes[0][one.start : one.end])
        for one in segments(planes[0])
        if one.marker in (DQT, DHT)
    )
    scans = b"".join(
        segment_bytes(SOS, bytes([1, number, 0, 0, 63, 0]))
        + plane[read_frame(plane).scan_start : -2]
        for number, plane in enumerate(planes, 1)
    )
    return b"\xff\xd8" + tables + segment_bytes(SOF0, shape) + scans + b"\xff\xd9"


@pytest.mark.parametrize(
    "file",
    [
        jpeg(NOISE, progressive=True),
        in_a_scan_for_each_component(NOISE),
        encode(Image.fromarray(NOISE).convert("L"), "JPEG"),
        encode(Image.fromarray(NOISE).convert("CMYK"), "JPEG"),
        jpeg(NOISE)[: len(jpeg(NOISE)) // 2] + b"\xff\xd9",
        jpeg(np.full((64, 64, 3), 128, np.uint8)),  # as if it ended early
    ],
    ids=["progressive", "several scans", "grey", "CMYK", "cut off", "grey to the end"],
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
