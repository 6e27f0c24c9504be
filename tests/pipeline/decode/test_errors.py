"""What a decoder's error means."""

from __future__ import annotations

import struct

import pytest
from PIL import Image

from pipeline.decode.decode import decode
from pipeline.decode.errors import diagnosis, refusal
from pipeline.scan.media_type import media_type
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from sharp_core.containers.isobmff import box_bytes
from tests.support.heif_files import clap, with_properties
from tests.support.pictures import encode, jpeg, raw_file, scene

WHOLE = {
    MediaType.JPEG: jpeg(scene()),
    MediaType.PNG: encode(scene(), "PNG"),
    MediaType.WEBP: encode(scene(), "WEBP"),
    MediaType.TIFF: encode(scene(), "TIFF"),
    MediaType.HEIF: encode(scene(), "HEIF"),
    MediaType.AVIF: encode(scene(), "AVIF"),
    MediaType.RAW: raw_file(jpeg(scene())),
}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), FailureReason.OUT_OF_MEMORY),
        (Image.DecompressionBombError("too many"), FailureReason.TOO_LARGE),
        (OSError("Security limit exceeded: 9 items"), FailureReason.TOO_LARGE),
        (OSError("image file is truncated (3 bytes not processed)"), FailureReason.TRUNCATED),
        (RuntimeError(b"Unexpected end of file"), FailureReason.TRUNCATED),
        (SyntaxError("cannot handle 12-bit layers"), FailureReason.UNSUPPORTED),
        (RuntimeError("Unsupported codec"), FailureReason.UNSUPPORTED),
        (OSError("broken data stream"), FailureReason.UNREADABLE),
        (KeyError(7), FailureReason.UNREADABLE),
        (ZeroDivisionError(), FailureReason.UNREADABLE),
    ],
)
def test_errors_about_a_whole_file(error, reason):
    for kind, data in WHOLE.items():
        assert diagnosis(error, data, kind).reason is reason


@pytest.mark.parametrize("kind", WHOLE)
def test_any_error_about_a_file_that_is_cut_off_means_that(kind):
    data = WHOLE[kind]
    for size in (len(data) // 3, len(data) // 2):
        assert diagnosis(ValueError("?"), data[:size], kind).reason is FailureReason.TRUNCATED


def test_a_message_is_one_short_line_in_the_decoder_s_words():
    message = diagnosis(
        OSError("first line\nsecond  line " + "x" * 999), b"", MediaType.PNG
    ).message
    assert "\n" not in message
    error = diagnosis(OSError("first line\nsecond"), WHOLE[MediaType.PNG], MediaType.PNG)
    assert error.message == "the file is damaged: first line second"
    libraw = diagnosis(RuntimeError(b"bad", 3), WHOLE[MediaType.RAW], MediaType.RAW)
    assert libraw.message == "the file is damaged: bad"
    nameless = diagnosis(ZeroDivisionError(), WHOLE[MediaType.PNG], MediaType.PNG)
    assert "ZeroDivisionError" in nameless.message
    assert len(diagnosis(OSError("x" * 999), WHOLE[MediaType.PNG], MediaType.PNG).message) < 200


@pytest.mark.parametrize(
    ("data", "reason", "word"),
    [
        (b"", FailureReason.TRUNCATED, "empty"),
        (bytes(9000), FailureReason.UNREADABLE, "zeros"),
        (b"GIF89a", FailureReason.UNSUPPORTED, "GIF"),
        (b"8BPS\0\1", FailureReason.UNSUPPORTED, "Photoshop"),
        (b"\0\0\0\x0cjP  \r\n", FailureReason.UNSUPPORTED, "JPEG 2000"),
        (b"%PDF-1.7", FailureReason.NOT_A_PHOTO, "photo"),
        (b"\0\0\0\x18ftypmp42", FailureReason.NOT_A_PHOTO, "photo"),
    ],
)
def test_files_that_are_not_decoded(data, reason, word):
    error = refusal(data)
    assert error.reason is reason
    assert word in error.message


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_what_no_decoder_reads_is_unsupported_and_named(suffix):
    heif = encode(scene(), "HEIF").replace(b"hvc1", b"unci")
    mini = box_bytes(b"ftyp", b"mif3avif") + box_bytes(b"mini", bytes(40))
    for data, word in ((heif, "uncompressed"), (mini, "mini")):
        with pytest.raises(PhotoError) as caught:
            decode(data, media_type(data, suffix))
        assert caught.value.reason is FailureReason.UNSUPPORTED
        assert word in caught.value.message


def test_a_compression_that_the_decoder_of_tiff_does_not_know_is_named():
    data = WHOLE[MediaType.TIFF]
    entry = struct.pack("<HHIHH", 259, 3, 1, 1, 0)
    assert data.count(entry) == 1
    for code, words in ((50001, "WebP compression"), (34712, "compression 34712")):
        packed = data.replace(entry, struct.pack("<HHIHH", 259, 3, 1, code, 0))
        with pytest.raises(PhotoError) as caught:
            decode(packed, MediaType.TIFF)
        assert caught.value.reason is FailureReason.UNSUPPORTED
        assert words in caught.value.message


def test_an_avif_that_the_decoder_refuses_is_unsupported_and_a_damaged_one_is_not():
    crop = clap((50, 1), (30, 1), (0, 1), (0, 1))
    optional = with_properties(encode(scene(), "AVIF"), [crop], essential=False)
    with pytest.raises(PhotoError) as caught:
        decode(optional, MediaType.AVIF)  # a crop that readers may leave out breaks the rules
    assert caught.value.reason is FailureReason.UNSUPPORTED
    assert "AVIF" in caught.value.message
    assert diagnosis(ValueError("BMFF parsing failed"), b"junk" * 9, MediaType.AVIF).reason in (
        FailureReason.UNREADABLE,
        FailureReason.TRUNCATED,
    )
