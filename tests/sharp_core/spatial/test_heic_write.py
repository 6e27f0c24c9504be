from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import HeifError, UnsuitableError
from sharp_core.containers.heif import read_heif
from sharp_core.containers.heif_camera import (
    StereoCamera,
    disparity_box,
    extrinsics_boxes,
    group_box,
    intrinsics_box,
    read_disparity,
    read_extrinsics,
    read_intrinsics,
)
from sharp_core.containers.isobmff import BoxReader, boxes
from sharp_core.spatial import heic_write
from sharp_core.spatial.check import check_spatial
from tests.support.paths import DATA, PHOTOS
from tests.support.stereo_pairs import CAMERA, EXIF, pair, spatial

APPLE = (DATA / "metadata" / "spatial_photo.heic").read_bytes()


def test_the_boxes_are_those_of_a_vision_pro_byte_by_byte():
    heif = read_heif(APPLE)
    (group,) = heif.groups
    left, right = group.entity_ids
    uuids = [box for box in heif.properties if box.kind == b"uuid"]
    focal = next(
        read_intrinsics(APPLE, box).focal
        for box in uuids
        if APPLE[box.start : box.start + 2] == b"\x22\xcc"
    )
    x_m = max(
        read_extrinsics(APPLE, box).x_m
        for box in uuids
        if APPLE[box.start : box.start + 2] == b"\x43\x63"
    )
    camera = StereoCamera(focal, x_m, 0.0293)
    for box in (intrinsics_box(camera), *extrinsics_boxes(camera), disparity_box(camera)):
        assert box in APPLE
    assert group_box(group.group_id, left, right) in APPLE
    assert 60 < 1000 * x_m < 67
    assert camera.field_of_view_deg == pytest.approx(80.0, abs=0.01)


@given(st.floats(0.2, 20), st.floats(0.001, 0.5), st.floats(-1, 1))
def test_what_the_boxes_say_is_what_was_meant(focal, baseline_m, disparity):
    camera = StereoCamera(focal, baseline_m, disparity)
    left, right = extrinsics_boxes(camera)
    data = intrinsics_box(camera) + left + right + disparity_box(camera)
    intrinsics, origin, aside, shift = boxes(data)
    assert read_intrinsics(data, intrinsics) == pytest.approx((focal, 0.5, 0.5), rel=1e-8)
    assert read_extrinsics(data, origin) == (0, 0, 0, False, 0)
    assert read_extrinsics(data, aside).x_m == pytest.approx(baseline_m, abs=0.5e-6)
    assert read_disparity(data, shift) == pytest.approx(disparity, abs=0.501e-4)


def test_a_written_file_is_good_and_says_what_was_meant():
    report = check_spatial(spatial())
    assert (report.errors, report.warnings) == ([], [])
    assert report.camera is not None
    assert report.camera.baseline_m == pytest.approx(CAMERA.baseline_m, abs=1e-6)
    assert report.camera.field_of_view_deg == pytest.approx(CAMERA.field_of_view_deg, abs=1e-4)
    assert report.camera.disparity == pytest.approx(CAMERA.disparity, abs=1e-4)
    assert report.parallax == pytest.approx(12 / 640, abs=1 / 512)


@pytest.mark.parametrize("size", [(64, 48), (514, 258), (1300, 700)])
def test_the_pictures_are_those_of_the_file_without_stereo(size):
    left, right = pair(*size)
    plain = heic_write._encode(left, right, 70, EXIF, b"")
    stereo = heic_write.with_stereo(plain, CAMERA)
    before, after = (pillow_heif.open_heif(io.BytesIO(data)) for data in (plain, stereo))
    assert len(before) == len(after) == 2
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
        assert one.info["exif"] == other.info["exif"]
    assert not check_spatial(stereo).errors


def test_the_left_picture_is_the_left_one():
    left, right = pair()
    first, second = (
        np.asarray(image, int) for image in pillow_heif.open_heif(io.BytesIO(spatial()))
    )
    assert np.abs(first - left).mean() < np.abs(first - right).mean() / 4
    assert np.abs(second - right).mean() < np.abs(second - left).mean() / 4


def test_exchanged_eyes_are_noticed():
    assert any("exchanged" in text for text in check_spatial(spatial(swapped=True)).errors)


def test_files_that_are_no_pair_are_refused():
    with pytest.raises(HeifError, match="groups"):
        heic_write.with_stereo(spatial(), CAMERA)
    single = (PHOTOS / "IMG_2682.heic").read_bytes()
    with pytest.raises(HeifError, match="two images"):
        heic_write.with_stereo(single, CAMERA)
    with pytest.raises(HeifError, match="no HEIF"):
        heic_write.with_stereo(b"no file", CAMERA)
    with pytest.raises(ValueError, match="even sides"):
        heic_write.write_spatial_heic(
            io.BytesIO(),
            np.zeros((3, 4, 3), np.uint8),
            np.zeros((3, 4, 3), np.uint8),
            CAMERA,
            quality=70,
        )


@pytest.mark.parametrize("numbers", [(0, 0.06, 0), (0.8, 0, 0), (0.8, 0.06, 2)])
def test_cameras_that_cannot_be_are_refused(numbers):
    with pytest.raises(ValueError, match="none"):
        StereoCamera(*numbers)


def test_libheif_finds_the_stereo_group_and_both_pictures(tmp_path: Path):
    tool = shutil.which("heif-info")
    if tool is None:
        pytest.skip("needs heif-info of libheif-examples")
    path = tmp_path / "pair.heic"
    path.write_bytes(spatial())
    dump = subprocess.run([tool, "-d", str(path)], capture_output=True, text=True, check=True)
    assert "group type: ster" in dump.stdout
    plain = subprocess.run([tool, str(path)], capture_output=True, text=True, check=True).stdout
    assert plain.count("image: 640x480") == 2


def test_a_box_reader_ends_where_its_box_does():
    data = bytes.fromhex("0000000c 74657374 01020304".replace(" ", ""))
    (box,) = boxes(data)
    read = BoxReader(data, box)
    assert (read.uint(2), read.sint(1), read.left) == (0x0102, 3, 1)
    with pytest.raises(EOFError):
        read.raw(2)


@pytest.mark.parametrize("millimetres", [207, 800, 5])
def test_a_photo_that_the_check_would_refuse_is_not_written(millimetres: float) -> None:
    file, camera = io.BytesIO(), StereoCamera(millimetres / 36, 0.063, 0.02)
    with pytest.raises(UnsuitableError, match="angle of view"):
        heic_write.write_spatial_heic(file, *pair(), camera, quality=70)
    assert not file.getvalue()


@pytest.mark.parametrize("millimetres", [205, 18.1, 17.9, 11])
def test_what_is_written_passes_the_check_without_a_warning(millimetres: float) -> None:
    file, camera = io.BytesIO(), StereoCamera(millimetres / 36, 0.063, 0.01)
    left, right, camera = heic_write.cropped_to_limits(*pair(), camera)
    heic_write.write_spatial_heic(file, left, right, camera, quality=70, exif=EXIF)
    report = check_spatial(file.getvalue())
    assert report.errors == report.warnings == []
    assert report.camera is not None
    assert report.camera.field_of_view_deg < 90
    # The focal length in pixels is that of the whole pair.
    whole = millimetres / 36 * pair()[0].shape[1]
    assert report.camera.focal_share * (report.width or 0) == pytest.approx(whole)
