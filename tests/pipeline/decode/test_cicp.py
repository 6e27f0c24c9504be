"""Colours given by numbers, brought to sRGB."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.decode.cicp import ADOBE_RGB, image_to_srgb, is_hdr, is_like_srgb
from pipeline.decode.decode import decode
from pipeline.decode.to_srgb import to_srgb
from pipeline.scan.media_type import media_type
from sharp_core.containers.cicp import Cicp
from tests.support.pictures import DECODE_DATA, encode, same, scene, with_png_chunk

SRGB, P3, BT2020, LINEAR = Cicp(1, 13), Cicp(12, 13), Cicp(9, 13), Cicp(1, 8)
PQ, HLG = Cicp(1, 16), Cicp(1, 18)
# XYZ to linear RGB of sRGB and of Display P3, as published: IEC 61966-2-1; SMPTE EG 432-1.
XYZ_TO_SRGB = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
XYZ_TO_P3 = [[2.4935, -0.9314, -0.4027], [-0.8295, 1.7627, 0.0236], [0.0358, -0.0762, 0.9569]]


def converted(cicp, *colors):
    """Return colours (R, G, B), 0 to 255, that are given in some way, as sRGB."""
    return in_srgb(np.array([colors], np.uint8), cicp)[0].astype(int)


def in_srgb(pixels, cicp):
    return np.asarray(image_to_srgb(Image.fromarray(pixels), cicp))


def greys(cicp):
    return converted(cicp, *[(v, v, v) for v in range(256)])


def srgb_of(light):
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return encoded * 255


@pytest.mark.parametrize(
    "cicp", [SRGB, Cicp(2, 2), Cicp(1, 1), Cicp(5, 6), Cicp(6, 4), Cicp(99, 99)]
)
def test_what_is_like_srgb_or_unknown_is_looked_at_as_srgb(cicp):
    assert is_like_srgb(cicp)
    assert same(np.asarray(to_srgb(Image.fromarray(scene()), cicp)), scene())


@pytest.mark.parametrize("cicp", [P3, BT2020, ADOBE_RGB, LINEAR, Cicp(12, 1)])
def test_black_white_and_neutral_greys_stay_so(cicp):
    out = greys(cicp)
    assert out[0].tolist() == [0, 0, 0]
    assert out[255].tolist() == [255, 255, 255]
    assert np.ptp(out, axis=1).max() <= 1
    assert (np.diff(out[:, 0]) >= 0).all()


@pytest.mark.parametrize("cicp", [P3, BT2020])
def test_other_primaries_alone_do_not_change_greys(cicp):
    assert np.abs(greys(cicp)[:, 0] - np.arange(256)).max() <= 1


def test_a_colour_of_srgb_comes_back_from_display_p3():
    srgb = np.array([[200, 60, 30], [40, 160, 90], [90, 90, 220]])
    linear = np.where(srgb <= 10, srgb / 255 / 12.92, ((srgb / 255 + 0.055) / 1.055) ** 2.4)
    p3 = linear @ np.linalg.inv(XYZ_TO_SRGB).T @ np.array(XYZ_TO_P3).T
    out = converted(P3, *srgb_of(p3).round().astype(int))
    assert np.abs(out - srgb).max() <= 2


def test_adobe_rgb_is_more_vivid_than_it_looks_when_taken_for_srgb():
    (out,) = converted(ADOBE_RGB, (60, 160, 60))
    assert out[0] < 60
    assert out[1] in (160, 161)


def test_linear_light_is_encoded():
    assert np.abs(greys(LINEAR)[:, 0] - srgb_of(np.arange(256) / 255)).max() <= 1


def pq(nits):
    """Return the PQ signal of a luminance: the inverse EOTF of ITU-R BT.2100, table 4."""
    y = (nits / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


@pytest.mark.parametrize("white_share", [0.05, 0.18, 0.4])
def test_pq_below_the_knee_keeps_its_luminance(white_share):
    signal = round(255 * pq(203 * white_share))
    (out,) = converted(PQ, (signal, signal, signal))
    one_step = 2.5  # levels that one of the signal makes, where its curve is steepest
    assert np.abs(out - srgb_of(np.array(white_share))).max() <= one_step


@pytest.mark.parametrize("cicp", [PQ, HLG, Cicp(9, 16), Cicp(9, 18)])
def test_high_dynamic_range_is_toned_down_without_clipping_or_tints(cicp):
    assert is_hdr(cicp)
    out = greys(cicp)
    assert out[0].tolist() == [0, 0, 0]
    assert (np.diff(out[:, 0]) >= 0).all()
    assert np.ptp(out, axis=1).max() <= 1
    assert np.diff(out[:, 0]).max() <= 6  # no bands
    paper_white = out[round(255 * pq(203)) if cicp.transfer == 16 else 191, 0]
    assert 200 < paper_white < 245  # bright, and room above for lamps and the sun
    assert out[255, 0] == 255


def test_hues_survive_the_toning_down():
    red = round(255 * pq(800))
    (out,) = converted(PQ, (red, 0, 0))
    assert out[0] > 240
    assert out[1:].max() == 0


# In files


def test_two_encodings_of_one_hdr_picture_look_alike():
    data = [(DECODE_DATA / name).read_bytes() for name in ("hdr_rec2020.avif", "hdr_srgb.avif")]
    one, other = (decode(d, media_type(d)).astype(int) for d in data)
    assert np.abs(one - other).mean() < 4


def test_a_png_names_its_colours_in_a_chunk():
    png = encode(scene(), "PNG")
    out = decode(with_png_chunk(png, b"cICP", bytes([12, 13, 0, 1])), media_type(png))
    assert same(out, in_srgb(scene(), P3))
    assert not same(out, scene(), tolerance=5)


def test_a_heic_names_its_colours_in_a_box():
    options = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6}
    heic = encode(scene(), "HEIF", full_range_flag=1, **options)
    out = decode(heic, media_type(heic)).astype(int)
    assert np.abs(out - in_srgb(scene(), P3)).mean() < 1


def exif_block(color_space, interop_index):
    """Return EXIF whose three directories follow each other."""
    main = struct.pack("<HHHIII", 1, 34665, 4, 1, 26, 0)
    exif = struct.pack("<HHHIIHHIII", 2, 40961, 3, 1, color_space, 40965, 4, 1, 56, 0)
    return b"II*\0\x08\0\0\0" + main + exif + struct.pack("<HHHI4sI", 1, 1, 2, 4, interop_index, 0)


@pytest.mark.parametrize(
    ("color_space", "index", "cicp"),
    [(65535, b"R03\0", ADOBE_RGB), (2, b"R98\0", ADOBE_RGB), (1, b"R98\0", None)],
)
def test_a_camera_names_adobe_rgb_in_exif(color_space, index, cicp):
    png = encode(scene(), "PNG", exif=exif_block(color_space, index))
    expected = in_srgb(scene(), cicp) if cicp else scene()
    assert same(decode(png, media_type(png)), expected)


def test_an_embedded_profile_overrules_exif():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    png = encode(scene(), "PNG", exif=exif_block(2, b"R03\0"), icc_profile=srgb)
    assert same(decode(png, media_type(png)), scene())
