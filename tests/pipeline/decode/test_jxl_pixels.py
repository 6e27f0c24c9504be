"""JPEG XL, with and without the plug-in that decodes it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import Base

from pipeline.decode.decode import decode, read_header_size
from pipeline.metadata.read import read_metadata
from pipeline.scan.media_type import media_type
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from sharp_core.containers.isobmff import box_bytes
from sharp_core.containers.jxl import CONTAINER
from tests.support.exif_photos import exif_with, some_exif
from tests.support.jxl_files import jxl_header
from tests.support.pictures import DECODE_DATA, as_stored, encode, jpeg, same, scene
from tests.support.sample_files import check_decoded, color_picture, png_file, stored
from tests.support.tools import run_tool

pytest.importorskip("pillow_jxl", reason="pillow-jxl-plugin is not installed")


def jxl(image, **options):
    return encode(image, "JXL", **options)


@pytest.mark.parametrize("in_container", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA"])
def test_pixels(mode, in_container):
    image = Image.fromarray(scene()).convert("L" if mode[0] == "L" else "RGB").convert(mode)
    file = jxl(image, lossless=True, use_container=in_container)
    assert media_type(file) is MediaType.JXL
    assert read_header_size(file, MediaType.JXL) == (96, 64)
    assert same(decode(file, MediaType.JXL), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits(channels, tmp_path):
    color = color_picture(channels)
    png, file = tmp_path / "deep.png", tmp_path / "deep.jxl"
    png.write_bytes(png_file(stored(color, 16), 16, {1: 0, 3: 2}[channels], {b"sRGB": b"\0"}))
    run_tool("cjxl", png, file, "-d", "0")
    check_decoded(file.read_bytes(), MediaType.JXL, color)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_upright(orientation, tmp_path):
    """Where EXIF repeats what the header says, it does not turn the image a second time."""
    png, file = tmp_path / "stored.png", tmp_path / "stored.jxl"
    exif = exif_with({Base.Orientation: orientation})
    png.write_bytes(encode(as_stored(scene(), orientation), "PNG", exif=exif.tobytes()))
    run_tool("cjxl", png, file, "-d", "0")
    for exif_orientation in (1, orientation):
        pixels = decode(file.read_bytes(), MediaType.JXL, exif_orientation)
        assert same(pixels, scene())
        assert read_header_size(file.read_bytes(), MediaType.JXL, exif_orientation) == (96, 64)


@pytest.mark.parametrize("name", ["orientation_5.jxl", "turned_by_header.jxl"])
def test_files_of_libjxl_s_own_tool_are_upright(name):
    """The first is a JPEG that was packed without loss, which libjxl does not turn."""
    data = (DECODE_DATA / name).read_bytes()
    original = decode((DECODE_DATA / "orientation_5.jpg").read_bytes(), MediaType.JPEG, 5)
    pixels = decode(data, MediaType.JXL)
    height, width = pixels.shape[:2]
    assert read_header_size(data, MediaType.JXL) == (width, height)
    expected = np.asarray(Image.fromarray(original).resize((width, height)))
    most = 1 if pixels.shape == original.shape else 4
    assert np.abs(pixels.astype(int) - expected).mean() < most


def test_a_profile_is_applied():
    file = jxl(Image.fromarray(scene()), lossless=True, use_original_profile=True)
    assert same(decode(file, MediaType.JXL), scene())


def test_without_the_plug_in_the_error_names_the_package(monkeypatch):
    file = jxl(Image.fromarray(scene()))
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    for function in (decode, read_header_size):
        with pytest.raises(PhotoError, match=r"pillow-jxl-plugin.*sharp-batch\[jxl\]") as caught:
            function(file, MediaType.JXL)
        assert caught.value.reason is FailureReason.UNSUPPORTED


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_what_is_cut_off_or_damaged(share):
    bare = jxl(Image.fromarray(scene()))
    boxed = CONTAINER + box_bytes(b"ftyp", b"jxl \0\0\0\0jxl ") + box_bytes(b"jxlc", bare)
    assert same(decode(boxed, MediaType.JXL), decode(bare, MediaType.JXL))
    for file, reason in (
        (bare[: int(len(bare) * share)], FailureReason.UNREADABLE),
        (boxed[: int(len(boxed) * share)], FailureReason.TRUNCATED),
        (jxl_header(96, 64) + bytes(range(200, 256)), FailureReason.UNREADABLE),
        (b"\xff\x0a", FailureReason.UNREADABLE),
    ):
        with pytest.raises(PhotoError) as caught:
            decode(file, MediaType.JXL)
        assert caught.value.reason is reason, caught.value.message


def test_a_bomb_is_refused_by_its_header():
    file = jxl_header(1 << 16, 1 << 16) + bytes(range(256))
    for function in (decode, read_header_size):
        with pytest.raises(PhotoError) as caught:
            function(file, MediaType.JXL)
        assert caught.value.reason is FailureReason.TOO_LARGE


def test_metadata():
    exif = some_exif().tobytes().removeprefix(b"Exif\0\0")
    expected = read_metadata(jpeg(scene(), exif=some_exif()), MediaType.JPEG)
    for packed in (False, True):
        file = jxl(Image.fromarray(scene()), exif=exif, compress_metadata=packed)
        assert read_metadata(file, MediaType.JXL) == expected
