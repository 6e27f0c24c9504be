"""The largest preview of a raw file."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from pipeline.decode.decode import decode, read_header_size
from pipeline.decode.raw_preview import largest_preview
from pipeline.scan.media_type import media_type
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from tests.support.pictures import (
    DECODE_DATA,
    ORIENTATIONS,
    as_stored,
    jpeg,
    raw_file,
    same,
    scene,
    tiff_file,
)

FULL = scene(1536, 1024)
FULL_JPEG = jpeg(FULL)
SMALL_JPEG = jpeg(scene(160, 120))


def failure(data):
    with pytest.raises(PhotoError) as caught:
        largest_preview(data)
    return caught.value


def cr3(*, orientation=1, preview=FULL_JPEG):
    def box(kind, content):
        return struct.pack(">I", 8 + len(content)) + kind + content

    directory = box(b"CMT1", tiff_file([{274: ("H", [orientation])}]))
    movie = box(b"moov", box(b"uuid", bytes(16) + directory + box(b"THMB", SMALL_JPEG)))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + movie + box(b"mdat", preview + bytes(3000))


def raf(*, preview=FULL_JPEG):
    sensor = bytes(4000)
    pointers = (160, len(preview), 160 + len(preview), 100, 160 + len(preview), len(sensor))
    head = b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0") + struct.pack(">6I", *pointers)
    return head.ljust(160, b"\0") + preview + sensor


def exif_of(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


@pytest.mark.parametrize("signature", [b"II*\0", b"MM\0*", b"IIRO", b"IIU\0"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_raw_file_built_like_a_tiff(signature, orientation):
    file = raw_file(FULL_JPEG, signature=signature, orientation=orientation)
    assert largest_preview(file) == (FULL_JPEG, orientation, False)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_raw_file_comes_out_upright_whoever_was_asked(orientation):
    upright = scene(768, 512)
    file = raw_file(jpeg(as_stored(upright, orientation)), orientation=orientation)
    for told in (1, orientation):
        assert same(decode(file, media_type(file), told), upright, tolerance=4)
        assert read_header_size(file, media_type(file), told) == (768, 512)


def test_what_is_told_counts_where_the_raw_file_says_nothing():
    crw = b"II\x1a\0\0\0HEAPCCDR" + bytes(100) + jpeg(as_stored(scene(768, 512), 8)) + bytes(100)
    assert same(decode(crw, media_type(crw), 8), scene(768, 512), tolerance=4)


@pytest.mark.parametrize("orientation", [1, 8])
def test_cr3(orientation):
    assert largest_preview(cr3(orientation=orientation)) == (FULL_JPEG, orientation, False)


def test_raf_says_how_it_is_turned_in_its_preview():
    preview = jpeg(FULL, exif=exif_of(3))
    assert largest_preview(raf(preview=preview)) == (preview, 3, False)


def test_the_largest_of_several_is_taken_wherever_it_is():
    note = jpeg(scene(640, 480))  # as makers hide them in private notes
    for hidden, expected in ((note + FULL_JPEG, FULL_JPEG), (FULL_JPEG + note, FULL_JPEG)):
        file = raw_file(SMALL_JPEG, sensor=bytes(100) + hidden + bytes(100))
        assert largest_preview(file).jpeg == expected


def test_a_picture_inside_a_preview_is_not_taken_for_it():
    preview = jpeg(FULL, exif=b"Exif\0\0" + SMALL_JPEG)
    assert largest_preview(raw_file(preview)).jpeg == preview


def test_sensor_data_and_tiles_are_no_previews():
    lossy = jpeg(scene(1024, 1024))
    assert failure(raw_file(SMALL_JPEG, sensor=lossy)).reason is FailureReason.UNSUPPORTED
    tiles = {322: ("I", [1024]), 323: ("I", [1024]), 324: ("I", [-1, -2])}
    tiles[325] = ("I", [len(lossy), len(lossy)])
    file = tiff_file([{262: ("H", [6]), **tiles}], [lossy, lossy])
    assert failure(file).reason is FailureReason.UNSUPPORTED


def test_a_thumbnail_is_no_photo():
    error = failure(raw_file(SMALL_JPEG))
    assert error.reason is FailureReason.UNSUPPORTED
    assert "160 x 120" in error.message
    assert "sharp-batch[raw]" in error.message


@pytest.mark.parametrize("make", [raw_file, cr3, raf])
def test_a_raw_file_that_is_cut_off_does_not_come_out_small(make):
    medium = jpeg(scene(640, 424), exif=b"Exif\0\0" + SMALL_JPEG)
    file = make(preview=medium + FULL_JPEG)
    end_of_medium = file.index(medium) + len(medium)
    end_of_full = file.index(FULL_JPEG) + len(FULL_JPEG)
    for size in (end_of_medium - 50, end_of_medium, end_of_medium + 200, end_of_full - 1):
        assert failure(file[:size]).reason is FailureReason.TRUNCATED


def test_a_whole_preview_of_full_size_survives_the_loss_of_sensor_data():
    file = tiff_file(
        [
            {262: ("H", [6]), 273: ("I", [-1]), 279: ("I", [len(FULL_JPEG)])},
            {262: ("H", [32803]), 273: ("I", [-2]), 279: ("I", [9000])},
        ],
        [FULL_JPEG, bytes(9000)],
    )
    assert largest_preview(file[:-5000]).jpeg == FULL_JPEG


@pytest.mark.parametrize("name", ["cut_off.cr2", "cut_off.dng"])
def test_real_raw_files_that_are_cut_off(name):
    assert failure((DECODE_DATA / name).read_bytes()).reason is FailureReason.TRUNCATED


def test_noise_holds_no_preview():
    noise = np.random.default_rng(3).bytes(2_000_000)
    assert failure(raw_file(b"", sensor=noise)).reason is FailureReason.UNSUPPORTED


def test_many_streams_without_an_end_take_one_search():
    header = FULL_JPEG[: FULL_JPEG.index(b"\xff\xda") + 14]
    file = raw_file(b"", sensor=header * 3000)
    assert failure(file).reason is FailureReason.TRUNCATED


def test_adobe_rgb_is_passed_on():
    exif = {40961: ("H", [2])}
    file = tiff_file([{274: ("H", [1]), **exif, 273: ("I", [-1])}], [FULL_JPEG])
    assert largest_preview(file).is_adobe_rgb
