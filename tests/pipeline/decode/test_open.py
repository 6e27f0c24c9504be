"""Opening files: what decoders get wrong at that point is put right."""

from __future__ import annotations

import warnings
import zlib

import pytest
from PIL import Image

from pipeline.decode.decode import decode, read_header_size
from pipeline.decode.open import check_size, open_photo, without_warnings
from pipeline.scan.media_type import media_type
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from sharp_core.containers.jpeg import segment_bytes
from tests.support.pictures import (
    as_stored,
    encode,
    jpeg,
    png_chunk,
    raw_file,
    same,
    scene,
    tiff_file,
    with_png_chunk,
)

ALMOST_LOSSLESS = {"HEIF": {}, "AVIF": {"quality": 98}}


def decoded(data, orientation=1):
    return decode(data, media_type(data), orientation)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_exif_counts_where_the_container_does_not_turn_the_picture(kind):
    upright = scene(width=64, height=96)  # stored lying on its side, as a sensor sees it
    on_its_side = encode(as_stored(upright, 6), kind, **ALMOST_LOSSLESS[kind])
    assert same(decoded(on_its_side, orientation=6), upright, tolerance=12)
    # Stored upright: whoever turned the pixels has left the tag behind.
    turned_already = encode(upright, kind, **ALMOST_LOSSLESS[kind])
    assert same(decoded(turned_already, orientation=6), upright, tolerance=12)


def test_the_end_marker_of_a_jpeg_may_be_missing():
    file = jpeg(scene())
    assert same(decoded(file[:-2]), decoded(file))


@pytest.mark.parametrize("lost", [40, 400])
def test_more_than_the_end_marker_may_not(lost):
    with pytest.raises(PhotoError) as caught:
        decoded(jpeg(scene())[:-lost])
    assert caught.value.reason is FailureReason.TRUNCATED


def test_a_jpeg_that_states_more_pixels_than_its_bytes_can_hold_is_cut_off():
    """Found before the decoder asks for the memory of 250 million pixels."""
    file = jpeg(scene())
    at = file.index(b"\xff\xc0") + 5
    stated = (12_500).to_bytes(2, "big") + (20_000).to_bytes(2, "big")
    for function in (decode, read_header_size):
        with pytest.raises(PhotoError) as caught:
            function(file[:at] + stated + file[at + 4 :], MediaType.JPEG)
        assert caught.value.reason is FailureReason.TRUNCATED


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_scans_without_end_is_refused_before_its_pixels_are_read(progressive):
    file = jpeg(scene(), progressive=progressive)
    at = file.index(b"\xff\xda")
    scan = segment_bytes(0xDA, bytes([1, 1, 0, 0, 0 if progressive else 63, 0]))
    with pytest.raises(PhotoError, match="scans") as caught:
        read_header_size(file[:at] + 500 * scan + file[at:], MediaType.JPEG)
    assert caught.value.reason is FailureReason.UNSUPPORTED


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_smallest_jpegs_of_their_size_are_whole(mode):
    file = encode(Image.new(mode, (4000, 4000), "white"), "JPEG", quality=20, optimize=True)
    assert read_header_size(file, MediaType.JPEG) == (4000, 4000)


def test_bad_exif_does_not_lose_the_photo():
    directory = b"Exif\0\0II*\0\x08\0\0\0" + b"\x03\0" + b"\xff" * 36  # Pillow warns of it
    assert same(decoded(jpeg(scene(), exif=directory)), scene(), tolerance=4)


def test_pillow_is_not_heard_and_others_are():
    with without_warnings():
        warnings.warn("of Pillow's", stacklevel=1)
    with pytest.warns(UserWarning, match="of somebody else's"):
        warnings.warn("of somebody else's", stacklevel=1)


def test_texts_in_a_png_are_not_unpacked():
    bomb = b"Comment\0\0" + zlib.compress(bytes(20 << 20))
    png = encode(scene(), "PNG")
    assert same(decoded(with_png_chunk(png, b"zTXt", bomb)), scene())


def test_a_tiff_that_turns_out_to_be_a_raw_file_is_opened_as_one():
    preview = jpeg(scene(640, 480))
    opened = open_photo(raw_file(preview), MediaType.TIFF, 1)
    assert opened.image.size == (640, 480)


def test_pictures_of_too_many_pixels_are_not_decoded():
    header = (65536).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    png = encode(scene(), "PNG")
    png = png[:8] + png_chunk(b"IHDR", header) + png[33:]
    webp = bytearray(encode(Image.fromarray(scene()).convert("RGBA"), "WEBP", exif=b"II*\0"))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = b"\xff" * 6
    tile = {256: ("I", [64]), 257: ("I", [64]), 322: ("I", [1 << 20]), 323: ("I", [1 << 20])}
    for data in (png, bytes(webp), tiff_file([{**tile, 262: ("H", [1])}])):
        for function in (decode, read_header_size):
            with pytest.raises(PhotoError) as caught:
                function(data, media_type(data))
            assert caught.value.reason is FailureReason.TOO_LARGE


def test_the_largest_photos_of_phones_are_allowed():
    check_size(16320, 12240)
    with pytest.raises(PhotoError):
        check_size(32640, 24480)
