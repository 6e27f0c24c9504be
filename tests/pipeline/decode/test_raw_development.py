"""Raw files developed from the sensor's data."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from pipeline.decode.decode import decode, read_header_size
from pipeline.scan.media_type import media_type
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from tests.support.pictures import DECODE_DATA, jpeg, raw_file, scene, tiff_file

WIDTH, HEIGHT = 64, 48


def dng(orientation=1):
    """Return a raw file of a sensor that saw grey on the left and white on the right."""
    sensor = np.full((HEIGHT, WIDTH), 20_000, "<u2")
    sensor[:, WIDTH // 2 :] = 60_000
    tags = {
        254: ("I", [0]),
        256: ("I", [WIDTH]),
        257: ("I", [HEIGHT]),
        258: ("H", [16]),
        259: ("H", [1]),
        262: ("H", [32803]),
        273: ("I", [-1]),
        274: ("H", [orientation]),
        277: ("H", [1]),
        278: ("I", [HEIGHT]),
        279: ("I", [sensor.nbytes]),
        33421: ("H", [2, 2]),  # the colour filters repeat every two pixels
        33422: ("B", [0, 1, 1, 2]),
        50706: ("B", [1, 4, 0, 0]),
        50717: ("I", [65535]),  # the sensor's white
    }
    return tiff_file([tags], [sensor.tobytes()])


def test_sensor_data_become_a_picture():
    pytest.importorskip("rawpy")
    pixels = decode(dng(), media_type(dng()), full_raw=True)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert pixels.dtype == np.uint8
    assert read_header_size(dng(), media_type(dng()), full_raw=True) == (WIDTH, HEIGHT)
    left, right = pixels[:, : WIDTH // 3].mean(), pixels[:, -WIDTH // 3 :].mean()
    assert left + 40 < right


def test_the_picture_is_upright():
    pytest.importorskip("rawpy")
    file = dng(orientation=6)
    pixels = decode(file, media_type(file), full_raw=True)
    assert pixels.shape == (WIDTH, HEIGHT, 3)
    assert read_header_size(file, media_type(file), full_raw=True) == (HEIGHT, WIDTH)
    assert pixels[: WIDTH // 3].mean() + 40 < pixels[-WIDTH // 3 :].mean()


def test_without_rawpy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    for function in (decode, read_header_size):
        with pytest.raises(PhotoError, match=r"sharp-batch\[raw\]") as caught:
            function(dng(), media_type(dng()), full_raw=True)
        assert caught.value.reason is FailureReason.UNSUPPORTED


def test_other_photos_are_not_developed(monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    file = jpeg(scene())
    assert decode(file, media_type(file), full_raw=True).shape == (64, 96, 3)


def test_a_raw_file_that_is_cut_off_is_called_so():
    pytest.importorskip("rawpy")
    for file in ((DECODE_DATA / "cut_off.cr2").read_bytes(), raw_file(jpeg(scene()))[:3000]):
        with pytest.raises(PhotoError) as caught:
            decode(file, media_type(file, ".dng"), full_raw=True)
        assert caught.value.reason is FailureReason.TRUNCATED
