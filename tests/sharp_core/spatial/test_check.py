"""Damaged spatial photos, each of which a reader would refuse or show wrongly."""

from __future__ import annotations

import random

import pytest

from sharp_core.containers.heif import read_heif
from sharp_core.containers.heif_camera import (
    DISPARITY_UUID,
    EXTRINSICS_UUID,
    INTRINSICS_UUID,
    StereoCamera,
    extrinsics_boxes,
    intrinsics_box,
)
from sharp_core.spatial.check import check_spatial
from tests.support.stereo_pairs import CAMERA, spatial


def changed(old: bytes, new: bytes, count: int = 1) -> bytes:
    data = spatial()
    assert len(old) == len(new)
    assert data.count(old) >= 1
    return data.replace(old, new, count)


def at(offset: int, new: bytes) -> bytes:
    data = spatial()
    return data[:offset] + new + data[offset + len(new) :]


def group_at(back: int) -> int:
    return spatial().index(b"ster") + 4 + back


def right_place(x_um: int) -> bytes:
    _, right = extrinsics_boxes(CAMERA)
    return changed(right, right[:-4] + x_um.to_bytes(4, "big", signed=True))


def eye() -> int:
    return read_heif(spatial()).groups[0].entity_ids[0]


def size_of_left(width: int) -> bytes:
    heif = read_heif(spatial())
    (box,) = (box for box in heif.properties_of(eye()) if box.kind == b"ispe")
    return at(box.start + 4, width.to_bytes(4, "big"))


def location_at(offset: int) -> bytes:
    heif = read_heif(spatial())
    start = heif.parts[b"iloc"].start + 4 + 4 + 8  # of the first item's extent
    return at(start, offset.to_bytes(4, "big"))


wide = StereoCamera(0.25, CAMERA.baseline_m, CAMERA.disparity)

ERRORS = {
    "cut off": (lambda: spatial()[:-5], "within a box"),
    "more behind the end": (lambda: spatial() + b"xyz", "bytes behind"),
    "no brand": (lambda: changed(b"mif1", b"mifx", 2), "call itself"),
    "another handler": (lambda: changed(b"pict", b"vide"), "handler"),
    "no group": (lambda: changed(b"ster", b"altr"), "one stereo group"),
    "group with flags": (lambda: at(group_at(3), b"\1"), "version, flags"),
    "group number of an item": (
        lambda: at(group_at(4), eye().to_bytes(4, "big")),
        "number of an item",
    ),
    "one entity twice": (lambda: at(group_at(16), eye().to_bytes(4, "big")), "not two of them"),
    "an eye that is not there": (
        lambda: at(group_at(12), bytes([0, 0, 9, 9])),
        "no visible image",
    ),
    "another size than its grid": (lambda: size_of_left(320), "size disagree"),
    "no intrinsics": (lambda: changed(INTRINSICS_UUID, bytes(16)), "intrinsics"),
    "no place": (lambda: changed(EXTRINSICS_UUID, bytes(16)), "extrinsics"),
    "no disparity": (lambda: changed(DISPARITY_UUID, bytes(16)), "no disparity"),
    "right eye on the left": (lambda: right_place(-63_000), "left of"),
    "eyes kilometres apart": (lambda: right_place(2_000_000_000), "baseline: 2000"),
    "eyes in one place": (lambda: right_place(0), "left of"),
    "flags without values": (
        lambda: changed(extrinsics_boxes(CAMERA)[1][:28], extrinsics_boxes(CAMERA)[1][:27] + b"\3"),
        "shorter than its flags",
    ),
    "too wide": (lambda: changed(intrinsics_box(CAMERA), intrinsics_box(wide)), "angle of view"),
    "no focal length": (
        lambda: changed(
            intrinsics_box(CAMERA),
            intrinsics_box(CAMERA)[:28] + bytes(4) + intrinsics_box(CAMERA)[32:],
        ),
        "focal length",
    ),
    "disparity beyond all": (
        lambda: changed(DISPARITY_UUID + b"\0\0\0\xc8", DISPARITY_UUID + b"\0\0\x4e\x21"),
        "disparity adjustment is",
    ),
    "data elsewhere": (lambda: location_at(1 << 30), "outside"),
    "no HEIF at all": (lambda: b"\xff\xd8\xff\xe0" * 9, "no HEIF"),
    "empty": (lambda: b"", "no HEIF"),
}


@pytest.mark.parametrize(("damage", "words"), ERRORS.values(), ids=list(ERRORS))
def test_damage_is_an_error_that_says_what_is_wrong(damage, words):
    report = check_spatial(damage())
    assert not report.is_good
    assert any(words in text for text in report.errors), report.errors


def test_pictures_that_do_not_decode_are_an_error():
    heif = read_heif(spatial())
    mdat = next(box for box in heif.top if box.kind == b"mdat")
    report = check_spatial(at(mdat.start + 200, bytes(mdat.end - mdat.start - 200)))
    assert not report.is_good


WARNINGS = {
    "huge baseline": (lambda: right_place(900_000), "baseline"),
    "large disparity": (
        lambda: changed(DISPARITY_UUID + b"\0\0\0\xc8", DISPARITY_UUID + b"\0\0\x07\xd1"),
        "disparity",
    ),
    "exif of nobody": (lambda: changed(b"cdsc", b"xxxx", 9), "no Exif"),
    "wide": (
        lambda: changed(
            intrinsics_box(CAMERA),
            intrinsics_box(StereoCamera(0.48, CAMERA.baseline_m, CAMERA.disparity)),
        ),
        "below 90",
    ),
}


@pytest.mark.parametrize(("oddity", "words"), WARNINGS.values(), ids=list(WARNINGS))
def test_oddities_are_warnings(oddity, words):
    report = check_spatial(oddity())
    assert report.is_good, report.errors
    assert any(words in text for text in report.warnings), report.warnings


def test_no_damage_makes_the_check_itself_fail():
    rng = random.Random(5)
    heif = read_heif(spatial())
    for _ in range(300):
        data = bytearray(spatial())
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(heif.meta.end)] = rng.randrange(256)
        # Only the structure: broken pictures are the decoder's matter, and take their time.
        check_spatial(bytes(data[: heif.meta.end + 8]))


@pytest.mark.parametrize("uuid", [INTRINSICS_UUID, EXTRINSICS_UUID, DISPARITY_UUID])
def test_boxes_that_end_too_early_do_not_make_the_check_itself_fail(uuid):
    size_at = spatial().index(uuid) - 8
    for size in range(8, 28):
        report = check_spatial(at(size_at, size.to_bytes(4, "big")))
        assert not report.is_good
