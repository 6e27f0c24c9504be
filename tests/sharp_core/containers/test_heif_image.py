"""What the boxes of HEIF and AVIF files say."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sharp_core.containers.cicp import Cicp
from sharp_core.containers.heif_image import HeifImage, has_cut_off_box, read_heif_image
from sharp_core.containers.isobmff import Box, boxes
from tests.support.pictures import DECODE_DATA, ORIENTATIONS, as_stored, encode, scene


def box(kind, content=b""):
    return struct.pack(">I", 8 + len(content)) + kind + content


def exif_of(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


def test_boxes_lie_side_by_side():
    data = box(b"ftyp", b"heic") + box(b"free") + box(b"mdat", b"12345")
    assert list(boxes(data)) == [Box(b"ftyp", 8, 12), Box(b"free", 20, 20), Box(b"mdat", 28, 33)]


def test_a_box_may_have_a_long_size_or_none():
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"12345"
    rest = struct.pack(">I4s", 0, b"mdat") + b"123"
    assert list(boxes(long + rest)) == [Box(b"mdat", 16, 21), Box(b"mdat", 29, 32)]


@pytest.mark.parametrize("size", [2, 7])
def test_a_box_smaller_than_its_own_header_ends_the_list(size):
    assert list(boxes(struct.pack(">I4s", size, b"free") + bytes(50))) == []


def test_a_box_that_reaches_beyond_the_file_is_cut_off():
    data = box(b"ftyp", b"crx ") + box(b"mdat", bytes(100))
    assert not has_cut_off_box(data)
    assert has_cut_off_box(data[:-1])


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_container_that_turns_its_picture_says_so(kind, orientation):
    file = encode(as_stored(scene(), orientation), kind, exif=exif_of(orientation))
    assert read_heif_image(file).is_turned == (orientation != 1)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_every_part_that_is_missing_is_noticed(kind):
    file = encode(scene(), kind, exif=exif_of(1))
    assert not read_heif_image(file).cut_off
    for size in range(40, len(file), 7):
        assert read_heif_image(file[:size]).cut_off, size


def test_what_follows_the_picture_may_be_missing():
    trailer = box(b"mpvd", bytes(1000))  # the film of a motion photo
    assert not read_heif_image((encode(scene(), "HEIF") + trailer)[:-500]).cut_off


def test_colours_by_numbers():
    options = {"color_primaries": 9, "transfer_characteristics": 16, "matrix_coefficients": 9}
    file = encode(scene(), "HEIF", full_range_flag=1, **options)
    assert read_heif_image(file).cicp == Cicp(9, 16)
    avif = (DECODE_DATA / "hdr_rec2020.avif").read_bytes()
    assert read_heif_image(avif).cicp == Cicp(9, 16)


def test_extents_without_any_bytes_are_not_counted_out():
    # Each of 60,000 items claims 65,535 extents: four billion steps, if they were taken.
    items = struct.pack(">HHH", 1, 0, 0xFFFF) * 60_000
    iloc = box(b"iloc", struct.pack(">IHH", 0, 0, 60_000) + items)
    meta = box(b"meta", bytes(4) + box(b"pitm", bytes(6)) + box(b"iprp") + iloc)
    assert read_heif_image(box(b"ftyp", b"heic") + meta) == HeifImage()


TURNED = encode(scene(), "HEIF", exif=exif_of(6))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6))
def test_damaged_boxes_raise_nothing(changes):
    file = bytearray(TURNED)
    for at, value in changes:
        file[at] = value
    assert isinstance(read_heif_image(bytes(file)), HeifImage)
