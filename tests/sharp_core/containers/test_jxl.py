"""Headers and metadata of JPEG XL files."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.isobmff import box_bytes
from sharp_core.containers.jxl import (
    CONTAINER,
    JxlHeader,
    is_packed_jpeg,
    metadata_boxes,
    read_header,
)
from tests.support.jxl_files import jxl_header
from tests.support.pictures import DECODE_DATA

FILE = (DECODE_DATA / "orientation_5.jxl").read_bytes()


@pytest.mark.parametrize("orientation", [None, *range(1, 9)])
@pytest.mark.parametrize("size", [(1, 1), (512, 513), (8192, 8193), (262144, 262145), (1 << 30, 7)])
def test_sizes_and_orientations(size, orientation):
    expected = JxlHeader(*size, orientation or 1)
    assert read_header(jxl_header(*size, orientation)) == expected
    boxed = CONTAINER + box_bytes(b"jxlc", jxl_header(*size, orientation))
    assert read_header(boxed) == expected


@pytest.mark.parametrize(
    ("ratio", "width"), [(1, 240), (2, 288), (3, 320), (4, 360), (5, 426), (6, 300), (7, 480)]
)
@pytest.mark.parametrize("small", [False, True])
def test_widths_that_follow_from_the_height(ratio, width, small):
    assert read_header(jxl_header(0, 240, None, ratio, small=small)) == JxlHeader(width, 240, 1)


def test_small_sizes():
    assert read_header(jxl_header(256, 8, 3, small=True)) == JxlHeader(256, 8, 3)


def test_a_codestream_in_parts():
    header = jxl_header(4000, 3000, 6)
    parts = [header[:3], header[3:5], header[5:]]
    boxes = [box_bytes(b"jxlp", n.to_bytes(4, "big") + part) for n, part in enumerate(parts)]
    assert read_header(CONTAINER + b"".join(boxes)) == JxlHeader(4000, 3000, 6)


def test_a_file_of_libjxl_s_own_tool():
    assert read_header(FILE) == JxlHeader(403, 302, 5)
    assert is_packed_jpeg(FILE)
    assert not is_packed_jpeg((DECODE_DATA / "turned_by_header.jxl").read_bytes())


def test_metadata_of_a_container():
    file = (
        CONTAINER + box_bytes(b"Exif", b"1234") + box_bytes(b"jxlc", b"") + box_bytes(b"xml ", b"<")
    )
    assert list(metadata_boxes(file)) == [(b"Exif", b"1234"), (b"xml ", b"<")]
    assert list(metadata_boxes(jxl_header(8, 8))) == []


def test_packed_metadata():
    pytest.importorskip("brotli", reason="brotli is not installed")
    kinds = dict(metadata_boxes(FILE))
    assert kinds[b"Exif"][4:8] in (b"II*\0", b"MM\0*")


def test_packed_metadata_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert dict(metadata_boxes(FILE))[b"Exif"] == b""


def test_metadata_that_unpack_to_gigabytes_end_early():
    brotli = pytest.importorskip("brotli", reason="brotli is not installed")
    bomb = brotli.compress(bytes(1 << 28), quality=5)
    file = CONTAINER + box_bytes(b"brob", b"xml " + bomb)
    ((_, content),) = metadata_boxes(file)
    assert len(content) < 1 << 25


@given(st.lists(st.tuples(st.integers(0, len(FILE) - 1), st.integers(0, 255)), max_size=8))
def test_damage_raises_nothing(changes):
    file = bytearray(FILE)
    for at, value in changes:
        file[at] = value
    read_header(bytes(file))
    list(metadata_boxes(bytes(file)))


@given(st.binary(max_size=20))
def test_short_codestreams_raise_nothing(content):
    read_header(b"\xff\x0a" + content)
