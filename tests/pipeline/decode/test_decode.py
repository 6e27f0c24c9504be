"""A photo file's bytes -> upright sRGB pixels, or the reason why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.decode.decode import decode, read_header_size
from pipeline.scan.media_type import media_type
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from tests.support.pictures import (
    DECODE_DATA,
    ORIENTATIONS,
    as_stored,
    encode,
    jpeg,
    same,
    scene,
    tiff_file,
)

LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {"compression": "tiff_lzw"}}
ALMOST = {"JPEG": {"quality": 97, "subsampling": 0}, "HEIF": {}, "AVIF": {"quality": 98}}
EVERY_KIND = {**LOSSLESS, **ALMOST}


def decoded(data, orientation=1):
    kind = media_type(data)
    pixels = decode(data, kind, orientation)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert read_header_size(data, kind, orientation) == (pixels.shape[1], pixels.shape[0])
    return pixels


def failure(data):
    with pytest.raises(PhotoError) as caught:
        decode(data, media_type(data))
    assert caught.value.message
    return caught.value.reason


def exif_of(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


# Upright


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_every_orientation_comes_out_upright(kind, orientation):
    stored = as_stored(scene(), orientation)
    file = encode(stored, kind, exif=exif_of(orientation), **EVERY_KIND[kind])
    assert same(decoded(file, orientation), scene(), tolerance=4 if kind in ALMOST else 0)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_tiff_is_turned_once(orientation):
    stored = encode(as_stored(scene(), orientation), "TIFF", tiffinfo={274: orientation})
    assert same(decoded(stored, orientation), scene())


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_picture_that_its_container_turns_is_turned_once(kind, orientation):
    stored = as_stored(scene(), orientation)
    file = encode(stored, kind, exif=exif_of(orientation), **ALMOST[kind])
    assert same(decoded(file, orientation), scene(), tolerance=12)


def test_a_real_file_that_its_container_turns():
    pixels = decoded((DECODE_DATA / "turned_by_container.avif").read_bytes(), orientation=6)
    assert pixels.shape == (512, 256, 3)


def test_a_real_jpeg_with_an_orientation():
    data = (DECODE_DATA / "orientation_5.jpg").read_bytes()
    assert same(decoded(data, 5), decoded(data, 1).swapaxes(0, 1))


@pytest.mark.parametrize("orientation", [0, 9, -1, 65535])
def test_an_orientation_that_exif_does_not_know_counts_as_upright(orientation):
    assert same(decoded(encode(scene(), "PNG"), orientation), scene())


# What libraries hold


def test_the_first_picture_of_several_is_taken():
    first, second = Image.fromarray(scene()), Image.fromarray(255 - scene())
    for kind, options in LOSSLESS.items():
        file = encode(first, kind, save_all=True, append_images=[second], **options)
        assert same(decoded(file), scene())
    pair = encode(first, "MPO", save_all=True, append_images=[second], quality=97, subsampling=0)
    assert same(decoded(pair), scene(), tolerance=4)


def test_what_follows_the_end_of_a_jpeg_does_not_matter():
    file = jpeg(scene())  # phones append films, and other pictures of the same moment
    assert same(decoded(file + b"\0\0\0\x18ftypmp42" + bytes(1000)), decoded(file))


def test_a_grey_frame_is_a_part_of_the_picture():
    framed = np.full((128, 160, 3), 128, np.uint8)
    framed[32:96, 32:128] = scene()
    assert same(decoded(jpeg(framed)), framed, tolerance=4)


def test_ten_bits_come_out_as_eight():
    pixels = decoded((DECODE_DATA / "ten_bits.heif").read_bytes())
    assert pixels.shape == (128, 128, 3)
    assert 50 < pixels.mean() < 200


def test_threads_do_not_disturb_each_other():
    profile = (DECODE_DATA / "orientation_5.jpg").read_bytes()
    files = [encode(scene(), kind, **options) for kind, options in EVERY_KIND.items()] + [profile]
    expected = [decoded(file) for file in files]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert all(map(same, pool.map(decoded, files), expected))


# What is wrong with a file


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_file_that_is_cut_off_is_called_so(kind, part):
    noise = np.random.default_rng(7).integers(0, 256, (64, 96, 3), np.uint8)
    file = encode(noise, kind, **EVERY_KIND[kind])
    assert failure(file[: int(len(file) * part)]) is FailureReason.TRUNCATED


@pytest.mark.parametrize(
    ("filler", "progressive"), [(b"\0", False), (b"\0", True), (b"\xff\xd9", False)]
)
def test_a_jpeg_that_was_filled_up_is_cut_off_too(filler, progressive):
    noise = np.random.default_rng(7).integers(0, 256, (64, 96, 3), np.uint8)
    file = jpeg(noise, progressive=progressive, quality=80)
    half = len(file) // 2
    assert failure(file[:half] + filler * (half // len(filler))) is FailureReason.TRUNCATED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", FailureReason.TRUNCATED),
        (bytes(4000), FailureReason.UNREADABLE),
        (b"Dear diary, today I took no photo at all.", FailureReason.NOT_A_PHOTO),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  ", FailureReason.NOT_A_PHOTO),
        (encode(scene(), "GIF"), FailureReason.UNSUPPORTED),
        (encode(scene(), "BMP"), FailureReason.UNSUPPORTED),
        (tiff_file([{256: ("I", [8]), 257: ("I", [8])}]), FailureReason.UNREADABLE),
    ],
)
def test_each_failure_has_its_reason(data, reason):
    assert failure(data) is reason


def test_boxes_in_disorder_are_no_photo():
    reason = failure((DECODE_DATA / "corrupted.heic").read_bytes())
    assert reason in (FailureReason.TRUNCATED, FailureReason.UNREADABLE)


def test_memory_that_runs_out_is_no_fault_of_the_file(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("pipeline.decode.decode.to_srgb", fail)
    assert failure(encode(scene(), "PNG")) is FailureReason.OUT_OF_MEMORY


# Whatever the bytes are, there is a picture or a reason

SMALL_FILES = [
    *(encode(scene(24, 16), kind, **options) for kind, options in EVERY_KIND.items()),
    encode(Image.fromarray(scene(24, 16)).convert("P"), "PNG"),
    encode(Image.fromarray(scene(24, 16)).convert("CMYK"), "JPEG"),
    encode(scene(24, 16), "JPEG", progressive=True),
    encode(scene(24, 16), "TIFF", compression="jpeg"),
]


def picture_or_reason(data, kind):
    try:
        width, height = read_header_size(data, kind)
        pixels = decode(data, kind)
    except PhotoError as error:
        assert error.message
    else:
        assert pixels.shape == (height, width, 3)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_damaged_files_give_a_picture_or_a_reason(data):
    file = bytearray(data.draw(st.sampled_from(SMALL_FILES)))
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.integers(0, len(file)) | st.just(len(file)))
    picture_or_reason(bytes(file[:kept]), media_type(bytes(file)))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MediaType), st.binary(max_size=200))
def test_arbitrary_bytes_give_a_picture_or_a_reason(kind, data):
    picture_or_reason(data, kind)
