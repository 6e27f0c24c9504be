"""Every depth, channel, opacity, interpretation and gamma of TIFF. See `check_decoded`."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decode.decode import decode, read_header_size
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from tests.support.sample_files import (
    HEIGHT,
    WIDTH,
    check_decoded,
    color_picture,
    on_white,
    opacity,
    packed_rows,
    stored,
    tiff_file_of,
)

WHITE_IS_ZERO, BLACK_IS_ZERO, TIFF_RGB, TIFF_PALETTE, CMYK = 0, 1, 2, 3, 5
WHOLE, SIGNED, FLOAT = 1, 2, 3
TIFF_FORMATS = [
    *((bits, WHOLE) for bits in (1, 2, 4, 8, 10, 12, 14, 16, 32)),
    *((bits, SIGNED) for bits in (8, 16, 32)),
    *((bits, FLOAT) for bits in (16, 32, 64)),
]


def step(bits: int, sample_format: int) -> float:
    return 0 if sample_format == FLOAT else 1 / ((1 << bits - (sample_format == SIGNED)) - 1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO, TIFF_RGB])
@pytest.mark.parametrize(("bits", "sample_format"), TIFF_FORMATS)
def test_tiff(bits, sample_format, photometric, order):
    color = color_picture(3 if photometric == TIFF_RGB else 1)
    samples = stored(1 - color if photometric == WHITE_IS_ZERO else color, bits, sample_format)
    data = tiff_file_of(samples, bits, photometric, order=order, sample_format=sample_format)
    check_decoded(data, MediaType.TIFF, color, step(bits, sample_format))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [BLACK_IS_ZERO, TIFF_RGB])
@pytest.mark.parametrize(
    ("bits", "sample_format"), [f for f in TIFF_FORMATS if f[0] >= 8 and f[1] != SIGNED]
)
@pytest.mark.parametrize("kind", [1, 2])
def test_tiff_with_opacity(bits, sample_format, photometric, order, kind):
    """1 is opacity that colours were multiplied by, 2 is opacity beside them."""
    color, alpha = color_picture(3 if photometric == TIFF_RGB else 1), opacity()
    channels = np.concatenate([color * alpha if kind == 1 else color, alpha], axis=2)
    samples = stored(channels, bits, sample_format)
    options = {"order": order, "sample_format": sample_format, "extra": (kind,)}
    data = tiff_file_of(samples, bits, photometric, **options)
    # Dividing by opacity, and multiplying again, rounds twice more.
    check_decoded(data, MediaType.TIFF, on_white(color, alpha), 4 / 255)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_tiff_with_a_palette(bits):
    rng = np.random.default_rng(2)
    palette = rng.integers(0, 256, (1 << bits, 3)).astype(np.uint16) * 257
    numbers = stored(color_picture(1), bits)
    tags = {320: ("H", tuple(map(int, palette.T.ravel())))}
    data = tiff_file_of(numbers, bits, TIFF_PALETTE, tags=tags)
    check_decoded(data, MediaType.TIFF, palette[numbers[..., 0]] / 65535)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("separate", [False, True])
def test_tiff_of_inks(bits, separate):
    inks = np.concatenate([color_picture(3), np.zeros((HEIGHT, WIDTH, 1))], axis=2)
    data = tiff_file_of(stored(inks, bits), bits, CMYK, separate=separate)
    got = decode(data, MediaType.TIFF).astype(float)
    eight = decode(tiff_file_of(stored(inks, 8), 8, CMYK), MediaType.TIFF).astype(float)
    assert np.abs(got - eight).max() <= 2


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("tile", [0, 16])
@pytest.mark.parametrize(
    ("bits", "sample_format", "predictor"),
    [
        (16, WHOLE, 1),
        (16, WHOLE, 2),
        (32, WHOLE, 2),
        (32, FLOAT, 1),
        (32, FLOAT, 2),
        (32, FLOAT, 3),
        (64, FLOAT, 3),
        (16, FLOAT, 3),
    ],
)
def test_how_a_tiff_lays_out_its_samples(bits, sample_format, predictor, tile, separate, deflate):
    if predictor != 1 and not deflate:
        pytest.skip("without compression there is no predictor")
    if predictor == 2 and sample_format == FLOAT:
        pytest.skip("differences of floating point numbers lose bits")
    color = color_picture(3)
    data = tiff_file_of(
        stored(color, bits, sample_format),
        bits,
        TIFF_RGB,
        sample_format=sample_format,
        separate=separate,
        deflate=deflate,
        predictor=predictor,
        tile=tile,
    )
    check_decoded(data, MediaType.TIFF, color, step(bits, sample_format))


def test_a_deep_tiff_is_turned_as_its_tag_says():
    color = color_picture(1)
    data = tiff_file_of(stored(color, 16), 16, WHITE_IS_ZERO, tags={274: ("H", (6,))})
    assert read_header_size(data, MediaType.TIFF) == (HEIGHT, WIDTH)
    turned = np.rot90(1 - color, -1)
    assert np.abs(decode(data, MediaType.TIFF) - turned * 255.0).max() <= 1.01


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_sensor_s_numbers_in_16_bits_are_not_nearly_black(bits):
    samples = stored(color_picture(1), bits)
    check_decoded(tiff_file_of(samples, 16, BLACK_IS_ZERO), MediaType.TIFF, color_picture(1))


@pytest.mark.parametrize(
    ("coldest", "hottest", "bits", "sample_format"),
    [
        (7534, 8011, 16, WHOLE),  # counts
        (29_315, 31_015, 16, WHOLE),  # hundredths of a kelvin
        (-1500, 900, 16, SIGNED),
        (285.0, 309.5, 32, FLOAT),  # kelvins
        (4.5, 31.0, 32, FLOAT),  # degrees Celsius
        (-12.0, 3.0, 32, FLOAT),
    ],
)
def test_temperatures_are_shown_with_contrast(coldest, hottest, bits, sample_format):
    """Other tools show these nearly black, or one grey; viewers of thermal images stretch them."""
    color = color_picture(1)
    values = coldest + color * (hottest - coldest)
    kind = {WHOLE: np.uint16, SIGNED: np.int16, FLOAT: np.float32}[sample_format]
    data = tiff_file_of(values.astype(kind), bits, BLACK_IS_ZERO, sample_format=sample_format)
    # The coldest and the hottest thousandth are outliers.
    check_decoded(data, MediaType.TIFF, color, 4 / 255)
    bad = values.astype(kind)
    bad[0, 0] = np.iinfo(kind).max if sample_format != FLOAT else np.nan
    pixels = decode(
        tiff_file_of(bad, bits, BLACK_IS_ZERO, sample_format=sample_format), MediaType.TIFF
    )
    assert np.ptp(pixels[1:].astype(int)) > 240


def test_one_grey_stays_as_it_is():
    flat = np.full((HEIGHT, WIDTH, 1), 32768, np.uint16)
    check_decoded(tiff_file_of(flat, 16, BLACK_IS_ZERO), MediaType.TIFF, np.full((1, 1, 1), 0.5))


def test_what_no_reader_knows_is_unsupported_and_says_what():
    samples = stored(color_picture(3), 32)
    unknown = tiff_file_of(samples, 32, 32844)
    mixed = tiff_file_of(samples, 32, TIFF_RGB, tags={258: ("H", (32, 16, 32))})
    lab = tiff_file_of(stored(color_picture(3), 32, FLOAT), 32, 8, sample_format=FLOAT)
    for data in (unknown, mixed, lab):
        with pytest.raises(PhotoError) as caught:
            decode(data, MediaType.TIFF)
        assert caught.value.reason is FailureReason.UNSUPPORTED
        assert "TIFF" in caught.value.message


def test_packed_rows_are_what_the_specification_says():
    assert packed_rows(np.array([[[1], [0], [1]]], np.uint8), 1, "<") == [b"\xa0"]
    assert packed_rows(np.array([[[0xABC], [0xDEF]]], np.uint16), 12, "<") == [b"\xab\xcd\xef"]
