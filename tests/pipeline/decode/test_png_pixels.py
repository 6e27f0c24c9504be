"""Every depth, channel, opacity, interpretation and gamma of PNG. See `check_decoded`."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pipeline.decode.decode import decode
from schemas.records import MediaType
from tests.support.sample_files import (
    HEIGHT,
    WIDTH,
    check_decoded,
    color_picture,
    on_white,
    opacity,
    png_file,
    srgb,
    stored,
)

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
    check_decoded(
        png_file(samples, bits, color_type), MediaType.PNG, expected, 1 / ((1 << bits) - 1)
    )


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
    check_decoded(png_file(samples, bits, color_type, chunks), MediaType.PNG, expected)


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
    check_decoded(png_file(numbers, bits, PALETTE, chunks), MediaType.PNG, expected)
    chunks[b"tRNS"] = alphas.tobytes()
    clear = on_white(expected, alphas[numbers] / 255)
    check_decoded(png_file(numbers, bits, PALETTE, chunks), MediaType.PNG, clear)


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
    check_decoded(png_file(samples, bits, color_type, chunks), MediaType.PNG, expected, 2 / 255)


def test_what_counts_before_a_gamma():
    samples = stored(color_picture(3), 8)
    gamma = {b"gAMA": struct.pack(">I", 100_000)}
    check_decoded(
        png_file(samples, 8, RGB, {b"sRGB": b"\0", **gamma}), MediaType.PNG, color_picture(3)
    )
    for value in (45455, 45000, 0, 1, 0xFFFFFFFF):  # sRGB's, nearly so, and none at all
        chunks = {b"gAMA": struct.pack(">I", value)}
        check_decoded(png_file(samples, 8, RGB, chunks), MediaType.PNG, color_picture(3))
    numbers = {b"cICP": bytes([1, 13, 0, 1]), **gamma}
    check_decoded(png_file(samples, 8, RGB, numbers), MediaType.PNG, color_picture(3))


@pytest.mark.parametrize("bits", [8, 16])
def test_png_with_chromaticities(bits):
    """Display P3's primaries with sRGB's curve; the truth by its published matrix."""
    p3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    to_srgb = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
    light = color_picture(3) * 0.5 + 0.25
    samples = stored(srgb(light), bits)
    chunks = {b"cHRM": struct.pack(">8I", *p3)}
    expected = srgb(np.clip(light @ to_srgb.T, 0, 1))
    check_decoded(png_file(samples, bits, RGB, chunks), MediaType.PNG, expected, 3 / 255)


def test_chromaticities_of_another_white_keep_white_white():
    d50 = (34567, 35850, 64000, 33000, 30000, 60000, 15000, 6000)
    samples = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    chunks = {b"cHRM": struct.pack(">8I", *d50)}
    check_decoded(png_file(samples, 8, RGB, chunks), MediaType.PNG, np.ones((1, 1, 3)))


@pytest.mark.parametrize("points", [(0,) * 8, (31270, 32900) * 4, (0xFFFFFFFF,) * 8])
def test_chromaticities_of_no_display_are_ignored(points):
    chunks = {b"cHRM": struct.pack(">8I", *points)}
    samples = stored(color_picture(3), 8)
    check_decoded(png_file(samples, 8, RGB, chunks), MediaType.PNG, color_picture(3))


def test_temperatures_are_shown_with_contrast():
    color = color_picture(1)
    samples = np.round(7500 + color * 500).astype(np.uint16)
    check_decoded(png_file(samples, 16, GREY), MediaType.PNG, color, 4 / 255)
    # A file that says what its numbers mean is taken at its word.
    told = png_file(samples, 16, GREY, {b"gAMA": struct.pack(">I", 100_000)})
    assert np.ptp(decode(told, MediaType.PNG).astype(int)) < 40
