"""The outline of JPEG streams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sharp_core.containers.jpeg import count_scans, find_end, read_frame, segment_bytes
from tests.support.pictures import encode, jpeg, scene


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_picture_has_a_size_and_an_end(mode, progressive):
    image = Image.fromarray(scene(50, 30)).convert(mode)
    file = encode(image, "JPEG", progressive=progressive, exif=b"Exif\0\0" + bytes(5000))
    frame = read_frame(file)
    assert (frame.width, frame.height, frame.bits) == (50, 30, 8)
    assert frame.components == len(image.getbands())
    assert frame.is_image
    assert frame.is_progressive == progressive
    assert find_end(file + b"and more", frame.scan_start) == len(file)


def test_the_end_of_a_picture_inside_is_not_the_end():
    inner = jpeg(scene(16, 16))
    file = jpeg(scene(), exif=b"Exif\0\0" + inner)
    assert find_end(file, read_frame(file).scan_start) == len(file)
    start = file.find(inner)
    assert find_end(file, read_frame(file, start).scan_start) == start + len(inner)


def test_scans_are_counted_to_the_end_and_not_in_segments_between_them():
    file = jpeg(scene())
    start = read_frame(file).scan_start
    assert count_scans(file + jpeg(scene()), start) == 1
    assert count_scans(jpeg(scene(), progressive=True), start) > 5
    comment = segment_bytes(0xFE, b"\xff\xd9\xff\xda")
    scan = segment_bytes(0xDA, bytes([1, 1, 0, 0, 63, 0]))
    assert count_scans(file[:-2] + (comment + scan) * 7 + file[-2:], start) == 8


def test_padding_between_segments_is_skipped():
    file = jpeg(scene())
    assert read_frame(file[:2] + b"\xff\xff\xff" + file[2:]).width == 96


def test_a_stream_that_is_cut_off_has_no_end():
    file = jpeg(scene())
    frame = read_frame(file)
    assert find_end(file[:-1], frame.scan_start) is None
    assert read_frame(file[: file.index(b"\xff\xda")]) is None


@pytest.mark.parametrize(("marker", "bits"), [(0xC3, 8), (0xC1, 12), (0xC0, 16)])
def test_what_sensors_see_is_no_picture(marker, bits):
    file = bytearray(jpeg(scene()))
    at = file.index(b"\xff\xc0")
    file[at + 1], file[at + 4] = marker, bits
    assert not read_frame(bytes(file)).is_image


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\xff\xd8" * 100, b"\xff\xd8" + bytes(9)])
def test_what_is_no_stream_has_no_frame(data):
    assert read_frame(data) is None


@given(st.binary(max_size=100))
def test_arbitrary_bytes_raise_nothing(data):
    read_frame(b"\xff\xd8\xff" + data)


def test_endless_headers_are_given_up():
    assert read_frame(b"\xff\xd8" + b"\xff\xe0\0\x02" * 100_000 + jpeg(scene())[2:]) is None
