"""ICC profiles, made here: their colours are known."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.decode.cicp import image_to_srgb
from pipeline.decode.decode import decode
from pipeline.decode.icc import icc_to_srgb, is_quick, pixels_to_srgb
from pipeline.scan.media_type import media_type
from schemas.records import MediaType
from sharp_core.containers.cicp import Cicp
from tests.support.pictures import encode, same, scene
from tests.support.xyb_files import xyb_jpeg

# Linear RGB to XYZ, chromatically adapted to the D50 of profiles, of Display P3: columns are the
# colorants that Apple's profile of that name holds.
P3_COLORANTS = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def icc_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a display profile of version 2.1: ICC.1:1998-09, chapter 6."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"test", 0x02100000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += _fixed(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + table + body


def _fixed(*values):
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def _xyz(*values):
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


WHITE = {b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
P3 = icc_profile(
    b"RGB ",
    WHITE
    | {name: _xyz(*c) for name, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), P3_COLORANTS, strict=True)}
    | {name: _gamma(2.2) for name in (b"rTRC", b"gTRC", b"bTRC")},
)
LINEAR_GREY = icc_profile(b"GRAY", WHITE | {b"kTRC": _gamma(1.0)})


def picture():
    return Image.fromarray(scene())


def in_srgb(image, profile):
    return np.asarray(icc_to_srgb(image, profile))


@pytest.mark.parametrize("profile", [None, b"", SRGB, b"\0" * 200, P3[:150], b"RGB " * 100])
def test_srgb_and_broken_profiles_change_nothing(profile):
    assert same(in_srgb(picture(), profile), scene())


def test_a_profile_of_display_p3_agrees_with_its_code_point():
    expected = np.asarray(image_to_srgb(picture(), Cicp(12, 13))).astype(int)
    # The curves differ: a power of 2.2 here, sRGB's own there.
    assert np.abs(in_srgb(picture(), P3) - expected).mean() < 3
    assert not same(in_srgb(picture(), P3), scene(), tolerance=10)


def test_grey_stays_grey_and_white_white():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = in_srgb(Image.fromarray(ramp), P3).astype(int)
    assert np.ptp(out, axis=2).max() <= 2
    assert out[0, 255].tolist() == [255, 255, 255]


def _parametric(kind, *values):
    return b"para\0\0\0\0" + struct.pack(">2H", kind, 0) + _fixed(*values)


def _table(values):
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
CURVES = {
    "power": _gamma(2.2),
    "linear": b"curv\0\0\0\0" + struct.pack(">I", 0),
    "table": _table([round(65535 * (i / 99) ** 1.8) for i in range(100)]),
    "para 0": _parametric(0, 1.8),
    "para 1": _parametric(1, 2.0, 1.1, -0.1),
    "para 2": _parametric(2, 2.0, 1.1, -0.1, 0.0),
    "para 3, as phones have": _parametric(3, *SRGB_CURVE),
    "para 4": _parametric(4, *SRGB_CURVE, 0.0, 0.0),
}


def matrix_profile(curve: bytes) -> bytes:
    return icc_profile(
        b"RGB ",
        WHITE
        | {n: _xyz(*c) for n, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), P3_COLORANTS, strict=True)}
        | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    )


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_curves_and_a_matrix_are_applied_quickly_and_as_littlecms_does(curve):
    profile = matrix_profile(curve)
    levels = np.random.default_rng(0).integers(0, 256, (64, 1000, 3), np.uint8)
    expected = ImageCms.profileToProfile(
        Image.fromarray(levels),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert is_quick("RGB", profile)
    pixels_to_srgb(levels, profile)
    difference = np.abs(levels.astype(int) - np.asarray(expected))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01


def test_other_profiles_are_left_to_littlecms():
    lifted_black = _parametric(2, 2.0, 0.9, -0.05, 0.05)
    assert not is_quick("RGB", matrix_profile(lifted_black))
    assert not is_quick("RGB", lut_profile(lambda color: 1 - color))
    assert is_quick("RGB", SRGB)
    assert not is_quick("L", LINEAR_GREY)


def test_a_grey_profile_is_applied_to_grey_pictures():
    out = in_srgb(Image.new("L", (2, 2), 55), LINEAR_GREY)
    light = 55 / 255
    assert out[0, 0, 0] == pytest.approx(255 * (1.055 * light ** (1 / 2.4) - 0.055), abs=2)


def test_a_grey_picture_may_carry_a_profile_for_colours():
    assert np.ptp(in_srgb(Image.new("L", (2, 2), 99), P3)) <= 1


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_profile_for_another_kind_of_picture_is_ignored(mode):
    image = picture().convert(mode)
    assert same(in_srgb(image.copy(), LINEAR_GREY), np.asarray(image.convert("RGB")))


def test_prints_without_a_profile_come_out_in_rgb():
    image = picture().convert("CMYK")
    assert same(in_srgb(image, None), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "HEIF", "JPEG", "AVIF"])
def test_profiles_are_found_in_files(kind):
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 97}, "AVIF": {"quality": 95}}
    file = encode(scene(), kind, icc_profile=P3, **options.get(kind, {}))
    difference = decode(file, media_type(file)).astype(int) - in_srgb(picture(), P3)
    assert np.abs(difference).mean() < (3 if kind in ("JPEG", "AVIF") else 0.5)


def lut_profile(of_light: Callable[[np.ndarray], np.ndarray]) -> bytes:
    """A profile of three channels with a table: what sRGB colour each of 17 x 17 x 17 stands for.

    As XYB JPEGs have: no channel is red, green or blue, and zero in all of them need not be black.
    """
    steps = np.linspace(0, 1, 17)
    channels = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(1, -1, 3)
    colors = Image.fromarray((np.clip(of_light(channels), 0, 1) * 255 + 0.5).astype(np.uint8))
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(srgb, lab, "RGB", "LAB", ImageCms.Intent.PERCEPTUAL)
    pixels = np.asarray(transform.apply(colors)) ^ np.array([0, 128, 128], np.uint8)  # a, b signed
    values = pixels.reshape(-1, 3).astype(np.float64)
    table = np.stack([values[:, 0] / 255 * 0xFF00, values[:, 1] * 256, values[:, 2] * 256], axis=1)
    identity = struct.pack(">9i", *(65536 * (n % 4 == 0) for n in range(9)))
    ends = struct.pack(">6H", *(0, 65535) * 3)
    lut = b"mft2" + bytes(4) + bytes([3, 3, 17, 0]) + identity + struct.pack(">2H", 2, 2)
    lut += ends + table.round().astype(">u2").tobytes() + ends
    white = b"XYZ " + bytes(4) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    places = [(b"wtpt", 128 + 4 + 24, white), (b"A2B0", 128 + 4 + 24 + len(white), lut)]
    size = places[1][1] + len(lut)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, b"scnr", b"RGB ", b"Lab ")
    header += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    tags = b"".join(name + struct.pack(">2I", at, len(data)) for name, at, data in places)
    return header.ljust(128, b"\0") + struct.pack(">I", 2) + tags + white + lut


@pytest.mark.parametrize(
    "stored",
    [lambda color: 1 - color, lambda color: color[..., ::-1], lambda color: 1 - color[..., ::-1]],
    ids=["inverted", "exchanged", "both"],
)
def test_a_table_of_colours_is_applied_as_it_is(stored):
    color = scene() / 255
    encoded = Image.fromarray((stored(color) * 255 + 0.5).astype(np.uint8))
    got = np.asarray(icc_to_srgb(encoded, lut_profile(stored)))  # each of them undoes itself
    # The table holds L*a*b* of eight bits, whose steps are wide in dark, strong colours.
    error = np.abs(got - color * 255.0)
    assert error.mean() <= 2
    assert error.max() <= 16


def test_xyb_jpegs():
    error = np.abs(decode(xyb_jpeg(scene()), MediaType.JPEG).astype(float) - scene())
    assert error.mean() < 1.5
    assert np.percentile(error, 99) < 12  # eight bits of X are wide steps of red and green
