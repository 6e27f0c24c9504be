from __future__ import annotations

from pathlib import PurePath

import numpy as np
import pytest

from pipeline.decode.decode import decode
from pipeline.decode.stereo import GivenCamera, decode_stereo, is_stereo
from schemas.choices import StereoLayout
from schemas.errors import PhotoError
from schemas.records import MediaType
from tests.support.paths import PHOTOS
from tests.support.stereo_scene import (
    BASELINE_M,
    FOCAL_35MM,
    FOCAL_PX,
    heic_bytes,
    jpeg,
    mpo_bytes,
    sbs_image,
    true_pair,
)

LEFT, RIGHT, _ = true_pair()
NOTHING_GIVEN = GivenCamera()


def assert_like(found: np.ndarray, truth: np.ndarray) -> None:
    assert found.shape == truth.shape
    assert (
        np.abs(found.astype(int) - truth).mean() < 9
    )  # noise in colours, stored at half the resolution


def test_a_spatial_heic_brings_its_calibration() -> None:
    photo = decode_stereo(PurePath("a.heic"), heic_bytes(), NOTHING_GIVEN)
    assert_like(photo.left, LEFT)
    assert_like(photo.right, RIGHT)
    assert photo.focal_px == pytest.approx((FOCAL_PX, FOCAL_PX), abs=1e-3)
    assert photo.centers == ((192, 144), (192, 144))
    assert photo.baseline_m == pytest.approx(BASELINE_M)
    assert photo.is_placed


def test_an_mpo_brings_its_baseline_and_a_note_on_its_focal_length() -> None:
    photo = decode_stereo(PurePath("a.mpo"), mpo_bytes(), NOTHING_GIVEN)
    assert_like(photo.left, LEFT)
    assert_like(photo.right, RIGHT)
    assert photo.baseline_m == pytest.approx(BASELINE_M)
    assert not photo.is_placed
    assert "focal length" in photo.notes[0]
    told = decode_stereo(PurePath("a.mpo"), mpo_bytes(), GivenCamera(focal_35mm=FOCAL_35MM))
    assert told.focal_px[0] == pytest.approx(FOCAL_PX)
    assert told.notes == ()


def test_side_by_side_needs_a_baseline() -> None:
    data = jpeg(sbs_image(), focal_35mm=29)
    path = PurePath("garden_SBS.jpg")
    with pytest.raises(PhotoError, match=r"how far apart its cameras were: give --baseline-mm"):
        decode_stereo(path, data, NOTHING_GIVEN)
    photo = decode_stereo(path, data, GivenCamera(baseline_m=0.06))
    assert_like(photo.right, RIGHT)
    assert photo.focal_px[0] == pytest.approx(29 * 480 / np.hypot(36, 24))


def test_a_given_layout_counts_before_the_name() -> None:
    data, given = jpeg(sbs_image()), GivenCamera(StereoLayout.CROSS, 0.06)
    photo = decode_stereo(PurePath("garden_SBS.jpg"), data, given)
    assert_like(photo.left, RIGHT)


def test_the_left_eye_is_the_picture_that_a_run_predicts_from() -> None:
    photo = decode_stereo(PurePath("a.heic"), heic_bytes(), NOTHING_GIVEN)
    np.testing.assert_array_equal(photo.left, decode(heic_bytes(), MediaType.HEIF))


def test_what_is_stereo() -> None:
    assert is_stereo(PurePath("a.heic"), heic_bytes())
    assert is_stereo(PurePath("a.mpo"), mpo_bytes())
    assert is_stereo(PurePath("a_LRF_Full_SBS.jpg"), jpeg(sbs_image()))
    assert not is_stereo(PurePath("a.jpg"), jpeg(sbs_image()))
    photo = PHOTOS / "IMG_2682.heic"
    assert not is_stereo(photo, photo.read_bytes())
    assert not is_stereo(PurePath("a.heic"), heic_bytes()[:200])


@pytest.mark.parametrize("kept", [300, 2000])
def test_a_cut_off_file_is_a_photo_error(kept: int) -> None:
    for name, data in (("a.heic", heic_bytes()), ("a.mpo", mpo_bytes())):
        with pytest.raises(PhotoError):
            decode_stereo(PurePath(name), data[:kept], GivenCamera(baseline_m=0.06))


def test_eyes_of_different_sizes_are_refused() -> None:
    from sharp_core.spatial.jpeg_stereo import mpo_of

    data = mpo_of(jpeg(LEFT), jpeg(RIGHT[:200]), 0.06)
    with pytest.raises(PhotoError, match=r"differ in size: 384 x 288 px and 384 x 200 px"):
        decode_stereo(PurePath("a.mpo"), data, NOTHING_GIVEN)
