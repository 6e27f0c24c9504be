"""Every depth, channel, opacity, interpretation and gamma that PNG and TIFF know, written here.

The truth is the picture that the samples were made of, by the specifications' own arithmetic. The
tolerance is half a step of the stored depth and one of the eight bits that come out.
"""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pipeline.decode.decode import decode, probe
from schemas.errors import FailureReason, PhotoError
from schemas.records import MediaType
from tests.support.sample_files import (
    HEIGHT,
    WIDTH,
    color_picture,
    opacity,
    packed_rows,
    png_file,
    stored,
    tiff_file_of,
)


def check(data: bytes, kind: MediaType, expected: np.ndarray, step: float = 1 / 255) -> None:
    """Compare what is decoded with shares of white, (H, W, 1 or 3)."""
    assert probe(data, kind) == (WIDTH, HEIGHT)
    got = decode(data, kind).astype(float)
    wanted = np.broadcast_to(expected, (HEIGHT, WIDTH, 3)) * 255
    # Colour, opacity and what is laid on white are rounded to eight bits each.
    assert np.abs(got - wanted).max() <= 255 * step / 2 + 1.51


def on_white(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return color * alpha + (1 - alpha)


def srgb(light: np.ndarray) -> np.ndarray:
    low, high = light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, low, high)


GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
PNG_KINDS = [
    *((GREY, bits) for bits in (1, 2, 4, 8, 16)),
    *((RGB, bits) for bits in (8, 16)),
    *((GREY_ALPHA, bits) for bits in (8, 16)),
    *((RGB_ALPHA, bits) for bits in (8, 16)),
]


@pytest.mark.parametrize(("color_type", "bits"), PNG_KINDS)
def test_png(color_type, bits):
    color = color_picture(3 if color_type in (RGB, RGB_ALPHA) else 1)
    parts, expected = [color], color
    if color_type in (GREY_ALPHA, RGB_ALPHA):
        parts, expected = [color, opacity()], on_white(color, opacity())
    samples = stored(np.concatenate(parts, axis=2), bits)
    check(png_file(samples, bits, color_type), MediaType.PNG, expected, 1 / ((1 << bits) - 1))


@pytest.mark.parametrize(("color_type", "bits"), [k for k in PNG_KINDS if k[0] in (GREY, RGB)])
def test_png_with_a_transparent_colour(color_type, bits):
    color = color_picture(1 if color_type == GREY else 3)
    samples = stored(color, bits)
    key = samples[HEIGHT // 2, WIDTH // 2]
    chunks = {b"tRNS": struct.pack(f">{len(key)}H", *key)}
    transparent = (samples == key).all(axis=2, keepdims=True)
    assert transparent.any()
    assert not transparent.all()
    expected = np.where(transparent, 1.0, samples / ((1 << bits) - 1))
    check(png_file(samples, bits, color_type, chunks), MediaType.PNG, expected)


def test_png_of_16_bits_compares_all_of_them_with_the_transparent_colour():
    samples = np.full((HEIGHT, WIDTH, 3), 0x8040, np.uint16)
    samples[:, WIDTH // 2 :, 2] += 1
    chunks = {b"tRNS": struct.pack(">3H", 0x8040, 0x8040, 0x8040)}
    pixels = decode(png_file(samples, 16, RGB, chunks), MediaType.PNG)
    assert (pixels[:, : WIDTH // 2] == 255).all()
    assert (pixels[:, WIDTH // 2 :] == 0x80).all()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_with_a_palette(bits):
    rng = np.random.default_rng(1)
    palette = rng.integers(0, 256, (1 << bits, 3), np.uint8)
    alphas = rng.integers(0, 256, 1 << bits, np.uint8)
    numbers = stored(color_picture(1), bits)
    chunks = {b"PLTE": palette.tobytes()}
    expected = palette[numbers[..., 0]] / 255
    check(png_file(numbers, bits, PALETTE, chunks), MediaType.PNG, expected)
    chunks[b"tRNS"] = alphas.tobytes()
    clear = on_white(expected, alphas[numbers] / 255)
    check(png_file(numbers, bits, PALETTE, chunks), MediaType.PNG, clear)


@pytest.mark.parametrize("gamma", [1.0, 0.7, 0.5555, 0.3])
@pytest.mark.parametrize(("color_type", "bits"), [k for k in PNG_KINDS if k[1] >= 8])
def test_png_with_a_gamma(color_type, bits, gamma):
    light = color_picture(3 if color_type in (RGB, RGB_ALPHA) else 1)
    parts, expected = [light**gamma], srgb(light)
    if color_type in (GREY_ALPHA, RGB_ALPHA):
        parts, expected = [light**gamma, opacity()], on_white(srgb(light), opacity())
    samples = stored(np.concatenate(parts, axis=2), bits)
    quantized = samples[..., : light.shape[2]] / ((1 << bits) - 1)
    if color_type in (GREY, RGB):
        expected = srgb(quantized ** (1 / gamma))
    else:
        expected = on_white(srgb(quantized ** (1 / gamma)), opacity())
    chunks = {b"gAMA": struct.pack(">I", round(gamma * 100_000))}
    # The table from light to sRGB has steps of up to half a level at the dark end.
    check(png_file(samples, bits, color_type, chunks), MediaType.PNG, expected, 2 / 255)


def test_what_counts_before_a_gamma():
    samples = stored(color_picture(3), 8)
    gamma = {b"gAMA": struct.pack(">I", 100_000)}
    check(png_file(samples, 8, RGB, {b"sRGB": b"\0", **gamma}), MediaType.PNG, color_picture(3))
    for value in (45455, 45000, 0, 1, 0xFFFFFFFF):  # sRGB's, nearly so, and none at all
        chunks = {b"gAMA": struct.pack(">I", value)}
        check(png_file(samples, 8, RGB, chunks), MediaType.PNG, color_picture(3))
    numbers = {b"cICP": bytes([1, 13, 0, 1]), **gamma}
    check(png_file(samples, 8, RGB, numbers), MediaType.PNG, color_picture(3))


@pytest.mark.parametrize("bits", [8, 16])
def test_png_with_chromaticities(bits):
    """Display P3's primaries with sRGB's curve; the truth by its published matrix."""
    p3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    to_srgb = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
    light = color_picture(3) * 0.5 + 0.25
    samples = stored(srgb(light), bits)
    chunks = {b"cHRM": struct.pack(">8I", *p3)}
    expected = srgb(np.clip(light @ to_srgb.T, 0, 1))
    check(png_file(samples, bits, RGB, chunks), MediaType.PNG, expected, 3 / 255)


def test_chromaticities_of_another_white_keep_white_white():
    d50 = (34567, 35850, 64000, 33000, 30000, 60000, 15000, 6000)
    samples = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    chunks = {b"cHRM": struct.pack(">8I", *d50)}
    check(png_file(samples, 8, RGB, chunks), MediaType.PNG, np.ones((1, 1, 3)))


@pytest.mark.parametrize("points", [(0,) * 8, (31270, 32900) * 4, (0xFFFFFFFF,) * 8])
def test_chromaticities_of_no_display_are_ignored(points):
    chunks = {b"cHRM": struct.pack(">8I", *points)}
    samples = stored(color_picture(3), 8)
    check(png_file(samples, 8, RGB, chunks), MediaType.PNG, color_picture(3))


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
    check(data, MediaType.TIFF, color, step(bits, sample_format))


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
    check(data, MediaType.TIFF, on_white(color, alpha), 4 / 255)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_tiff_with_a_palette(bits):
    rng = np.random.default_rng(2)
    palette = rng.integers(0, 256, (1 << bits, 3)).astype(np.uint16) * 257
    numbers = stored(color_picture(1), bits)
    tags = {320: ("H", tuple(map(int, palette.T.ravel())))}
    data = tiff_file_of(numbers, bits, TIFF_PALETTE, tags=tags)
    check(data, MediaType.TIFF, palette[numbers[..., 0]] / 65535)


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
    check(data, MediaType.TIFF, color, step(bits, sample_format))


def test_a_deep_tiff_is_turned_as_its_tag_says():
    color = color_picture(1)
    data = tiff_file_of(stored(color, 16), 16, WHITE_IS_ZERO, tags={274: ("H", (6,))})
    assert probe(data, MediaType.TIFF) == (HEIGHT, WIDTH)
    turned = np.rot90(1 - color, -1)
    assert np.abs(decode(data, MediaType.TIFF) - turned * 255.0).max() <= 1.01


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_sensor_s_numbers_in_16_bits_are_not_nearly_black(bits):
    samples = stored(color_picture(1), bits)
    check(tiff_file_of(samples, 16, BLACK_IS_ZERO), MediaType.TIFF, color_picture(1))


def test_what_no_reader_knows_is_unsupported_and_says_what():
    samples = stored(color_picture(3), 32)
    unknown = tiff_file_of(samples, 32, 32844)
    mixed = tiff_file_of(samples, 32, TIFF_RGB, tags={258: ("H", (32, 16, 32))})
    for data in (unknown, mixed):
        with pytest.raises(PhotoError) as caught:
            decode(data, MediaType.TIFF)
        assert caught.value.reason is FailureReason.UNSUPPORTED
        assert "TIFF" in caught.value.message


def test_packed_rows_are_what_the_specification_says():
    assert packed_rows(np.array([[[1], [0], [1]]], np.uint8), 1, "<") == [b"\xa0"]
    assert packed_rows(np.array([[[0xABC], [0xDEF]]], np.uint16), 12, "<") == [b"\xab\xcd\xef"]
