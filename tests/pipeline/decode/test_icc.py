"""ICC profiles, made here: their colours are known."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.decode.cicp import image_to_srgb
from pipeline.decode.decode import decode
from pipeline.decode.icc import icc_to_srgb
from pipeline.scan.media_type import media_type
from sharp_core.containers.cicp import Cicp
from tests.support.pictures import encode, same, scene

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
