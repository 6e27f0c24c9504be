"""The directories of TIFF files, raw files and EXIF."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sharp_core.containers.tiff_structure import (
    DNG_VERSION,
    STRIP_OFFSETS,
    SUB_IFDS,
    TiffStructure,
    is_adobe_rgb,
    is_image,
    is_sensor_data,
    orientation,
    read_tiff,
)
from tests.support.pictures import encode, raw_file, scene, tiff_file

RAW = raw_file(b"\xff\xd8 preview", orientation=6)


@pytest.mark.parametrize("signature", [b"II*\0", b"MM\0*", b"IIRO", b"IIU\0"])
def test_pages_come_in_order_and_sub_directories_after_them(signature):
    pages = [{274: ("H", [n]), 273: ("I", [n, n + 1])} for n in (1, 2, 3)]
    tiff = read_tiff(tiff_file(pages, signature=signature))
    assert [ifd[STRIP_OFFSETS] for ifd in tiff.ifds] == [(1, 2), (2, 3), (3, 4)]
    assert orientation(tiff) == 1


def test_a_raw_file():
    first, sensor, preview = read_tiff(RAW).ifds
    assert DNG_VERSION in first
    assert len(first[SUB_IFDS]) == 2
    assert orientation(read_tiff(RAW)) == 6
    assert [is_sensor_data(ifd) for ifd in (first, sensor, preview)] == [False, True, False]
    assert [is_image(ifd) for ifd in (first, sensor, preview)] == [True, False, True]


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_a_file_is_cut_off_when_a_strip_is(compression):
    file = encode(scene(), "TIFF", compression=compression)
    assert not read_tiff(file).cut_off
    assert read_tiff(file[: len(file) // 2]).cut_off


def test_a_file_is_cut_off_when_a_directory_is():
    assert not read_tiff(RAW).cut_off
    for size in (20, 120, 300):
        assert read_tiff(RAW[:size]).cut_off


def test_data_of_unknown_place_are_not_missing():
    nowhere = {273: ("I", [0xFFFFFFFF]), 279: ("I", [5000])}  # as Panasonic writes them
    assert not read_tiff(tiff_file([nowhere])).cut_off


def test_exif_of_a_picture():
    exif = Image.Exif()
    exif[274] = 8
    exif.get_ifd(34665)[40961] = 2
    tiff = read_tiff(exif.tobytes().removeprefix(b"Exif\0\0"))
    assert orientation(tiff) == 8
    assert is_adobe_rgb(tiff)
    assert not is_adobe_rgb(read_tiff(RAW))
    assert not is_adobe_rgb(read_tiff(tiff_file([{1: ("I", [70_000])}])))


def test_directories_that_lead_in_circles_are_read_once():
    file = bytearray(tiff_file([{274: ("H", [1])}]))
    file[-4:] = (8).to_bytes(4, "little")  # the next directory is this one
    assert len(read_tiff(bytes(file)).ifds) == 1


@pytest.mark.parametrize(
    "data", [b"", b"II", b"II*\0\0\0\0", b"II+\0" + bytes(20), b"II\x1a\0" + bytes(20), b"hello"]
)
def test_what_is_no_tiff_has_no_directories(data):
    assert read_tiff(data) == TiffStructure()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=8))
def test_damaged_directories_raise_nothing(changes):
    file = bytearray(RAW)
    for at, value in changes:
        file[at] = value
    tiff = read_tiff(bytes(file))
    assert orientation(tiff) is None or isinstance(orientation(tiff), int)
    assert is_adobe_rgb(tiff) in (True, False)
