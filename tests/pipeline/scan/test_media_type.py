"""What a file is by its first bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scan.media_type import HEADER_BYTES, media_type
from schemas.records import MediaType
from tests.support.pictures import DECODE_DATA, encode, jpeg, raw_file, scene, tiff_file


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    content = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return (len(content) + 4).to_bytes(4, "big") + content + bytes(32)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF"])
def test_each_kind_is_told_by_its_content_alone(kind):
    header = encode(scene(), kind)[:HEADER_BYTES]
    for suffix in ("", ".jpg", ".HEIC", ".txt"):
        assert media_type(header, suffix) is MediaType(kind.lower())


@pytest.mark.parametrize(
    "header",
    [
        b"FUJIFILMCCD-RAW 0201FF383501",
        b"IIU\0\x18\0\0\0",  # Panasonic
        b"IIRO\x08\0\0\0",  # Olympus
        b"MMOR\0\0\0\x08",
        b"II*\0\x10\0\0\0CR\x02\0",  # CR2
        b"II\x1a\0\0\0HEAPCCDR\x02\0",  # CRW
        ftyp(b"crx ", b"crx ", b"isom"),  # CR3
        b"FOVb\0\0\x02\0",
        b"\0MRM\0\0\0\0",
    ],
)
def test_raw_files_with_a_signature_of_their_own_need_no_suffix(header):
    assert media_type(header.ljust(64, b"\0")) is MediaType.RAW


@pytest.mark.parametrize("suffix", [".nef", ".NEF", ".arw", ".Pef", ".srw", ".3fr"])
def test_the_suffix_tells_raw_files_from_other_tiffs(suffix):
    header = encode(scene(), "TIFF")[:HEADER_BYTES]
    assert media_type(header, suffix) is MediaType.RAW
    assert media_type(header, ".tif") is MediaType.TIFF


def test_the_suffix_of_a_raw_file_does_not_make_one():
    assert media_type(jpeg(scene())[:HEADER_BYTES], ".nef") is MediaType.JPEG


@pytest.mark.parametrize(
    ("codec", "kind"),
    [(b"avif", MediaType.AVIF), (b"heic", MediaType.HEIF), (b"vvic", MediaType.HEIF)],
)
def test_small_files_name_their_codec_where_others_have_a_version(codec, kind):
    header = b"\0\0\0\x10ftypmif3" + codec + b"\0\0\0\x20mini"
    assert media_type(header.ljust(64, b"\0")) is kind


def test_a_dng_is_told_by_its_version_or_its_suffix():
    assert media_type(raw_file(jpeg(scene()))[:HEADER_BYTES], ".tif") is MediaType.DNG
    assert media_type(encode(scene(), "TIFF")[:HEADER_BYTES], ".DNG") is MediaType.DNG


def test_a_tiff_that_starts_with_sensor_data_is_a_raw_file():
    assert media_type(tiff_file([{262: ("H", [32803])}])) is MediaType.RAW


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (ftyp(b"heic", b"mif1"), MediaType.HEIF),
        (ftyp(b"heix", b"mif1", b"jpeg"), MediaType.HEIF),
        (ftyp(b"msf1", b"hevc", b"heic"), MediaType.HEIF),
        (ftyp(b"mif1", b"heic", b"miaf"), MediaType.HEIF),
        (ftyp(b"mif1"), MediaType.HEIF),
        (ftyp(b"avif", b"mif1", b"miaf"), MediaType.AVIF),
        (ftyp(b"avis", b"msf1"), MediaType.AVIF),
        (ftyp(b"mif1", b"miaf", b"avif"), MediaType.AVIF),
        (ftyp(b"qt  ", b"qt  "), MediaType.UNKNOWN),
        (ftyp(b"isom", b"mp41", b"avc1"), MediaType.UNKNOWN),
    ],
)
def test_brands_tell_heif_avif_and_films_apart(header, expected):
    assert media_type(header) is expected


@pytest.mark.parametrize("header", [b"", b"\xff", b"hello world", b"%PDF-1.7", b"8BPS", bytes(64)])
def test_anything_else_is_unknown(header):
    assert media_type(header, ".jpg") is MediaType.UNKNOWN


def test_real_raw_files():
    assert media_type((DECODE_DATA / "cut_off.cr2").read_bytes()[:HEADER_BYTES]) is MediaType.RAW
    assert media_type((DECODE_DATA / "cut_off.dng").read_bytes()[:HEADER_BYTES]) is MediaType.DNG


@given(
    st.sampled_from(
        [b"", b"II*\0", b"MM\0*", b"II+\0", b"\0\0\0\x18ftyp", b"RIFF", b"\xff\xd8\xff"]
    ),
    st.binary(max_size=300),
    st.sampled_from(["", ".dng", ".nef"]),
)
def test_every_header_has_an_answer(start, rest, suffix):
    assert media_type(start + rest, suffix) in MediaType


def test_a_huge_tiff_directory_is_read_quickly():
    entries = np.zeros((60000, 12), np.uint8)
    entries[:, 0], entries[:, 2], entries[:, 4] = 273 - 256, 4, 255
    entries[:, 1] = 1
    file = b"II*\0\x08\0\0\0" + (60000).to_bytes(2, "little") + entries.tobytes() + bytes(4)
    assert media_type(file) is MediaType.TIFF
