"""Pictures of every mode become RGB."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from PIL import Image

from pipeline.decode.decode import decode
from pipeline.decode.to_srgb import to_srgb
from pipeline.scan.media_type import media_type
from tests.support.pictures import encode, jpeg, png_chunk, same, scene, tiff_file

WHITE = [255, 255, 255]


def picture():
    return Image.fromarray(scene())


def as_rgb(image):
    out = to_srgb(image, None)
    assert out.mode == "RGB"
    return np.asarray(out)


def decoded(file):
    return decode(file, media_type(file))


@pytest.mark.parametrize("mode", ["RGB", "RGBX", "YCbCr", "RGBA", "RGBa"])
def test_opaque_pictures_keep_their_colours(mode):
    image = picture().convert("RGBA").convert(mode) if mode == "RGBa" else picture().convert(mode)
    assert same(as_rgb(image), scene(), tolerance=3)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "CMYK", "HSV", "LAB"])
def test_other_modes_look_as_pillow_shows_them(mode):
    image = picture().convert("L").convert("LA") if mode == "LA" else picture().convert(mode)
    assert same(as_rgb(image.copy()), np.asarray(image.convert("RGB")), tolerance=2)


def test_transparent_parts_are_white():
    image = picture()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    out = as_rgb(image)
    assert np.abs(out[0].astype(int) - WHITE).max() <= 2
    assert same(out[-1:], scene()[-1:], tolerance=2)
    grey = Image.new("LA", (1, 1), (0, 64))
    assert as_rgb(grey)[0, 0, 0] == pytest.approx(255 * (1 - 64 / 255), abs=1)


def test_transparent_colours_of_a_palette_are_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    for transparency in (0, b"\0\xff"):
        file = encode(image, "PNG", transparency=transparency)
        assert decoded(file)[0].tolist() == [WHITE, [200, 100, 50]]


@pytest.mark.parametrize(
    ("mode", "color", "key"), [("RGB", (9, 8, 7), (9, 8, 7)), ("L", 9, 9), ("1", 1, 1)]
)
def test_the_colour_that_means_transparent_is_white(mode, color, key):
    file = encode(Image.new(mode, (2, 2), color), "PNG", transparency=key)
    assert (decoded(file) == 255).all()


def test_sixteen_bits_are_scaled():
    values = np.array([[0, 128, 257, 32768, 65407, 65535]], np.uint16)
    for kind in ("PNG", "TIFF"):
        out = decoded(encode(Image.fromarray(values), kind))
        assert out[0, :, 0].tolist() == [0, 0, 1, 128, 255, 255]


def test_sixteen_bits_of_colour_are_scaled():
    samples = np.array([0, 257, 32896, 65535, 25700, 51400], ">u2").tobytes()
    header = (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + b"\x10\x02\0\0\0"
    rows = zlib.compress(b"\0" + samples)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    file = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)
    assert decoded(file)[0].tolist() == [[0, 1, 128], [255, 100, 200]]


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("signature", [b"II*\0", b"MM\0*"])
def test_sixteen_bits_of_colour_in_a_tiff(signature, planes):
    order = "<u2" if signature == b"II*\0" else ">u2"
    deep = (scene(8, 4).astype(np.uint16) * 257).astype(order)
    blocks = [deep.tobytes()] if planes == 1 else [deep[..., c].tobytes() for c in range(3)]
    tags = {
        256: ("I", [8]),
        257: ("I", [4]),
        258: ("H", [16, 16, 16]),
        259: ("H", [1]),
        262: ("H", [2]),
        273: ("I", [-1 - n for n in range(len(blocks))]),
        277: ("H", [3]),
        278: ("I", [4]),
        279: ("I", [len(block) for block in blocks]),
        284: ("H", [planes]),
    }
    assert same(decoded(tiff_file([tags], blocks, signature=signature)), scene(8, 4))


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_floating_point_is_scaled_from_its_likely_white(white):
    values = np.array([[0, 0.25, 0.5, 1.0]], np.float32) * white
    values = np.append(values, [[np.nan, np.inf, -5, 0]], axis=0).astype(np.float32)
    out = decoded(encode(Image.fromarray(values), "TIFF"))[..., 0]
    assert out[0].tolist() == [0, 64, 128, 255]
    assert out[1].tolist() == [0, 0, 0, 0]


def test_thirty_two_bits_are_scaled_without_a_sign():
    values = np.array([[0, 1 << 31, (1 << 32) - 1]], np.uint32)
    image = Image.fromarray(values.view(np.int32))
    assert image.mode == "I"
    assert as_rgb(image)[0, :, 0].tolist() == [0, 128, 255]


def test_inverted_prints_of_photo_editors():
    file = jpeg(np.zeros((8, 8, 3), np.uint8))
    assert decoded(file).max() == 0
    white = encode(Image.new("CMYK", (16, 16)), "JPEG")
    assert b"Adobe" in white  # which stores CMYK upside down
    assert decoded(white).min() == 255
