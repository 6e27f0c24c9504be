from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from pipeline.scan.media_type import media_type
from schemas.records import FocalSource, FocalTags
from tests.support.paths import DATA, PHOTOS

INCH = 25.4

PHONE = FocalTags(
    focal_mm=4.15,
    focal_35mm=29,
    exif_width=3264,
    exif_height=2448,
    camera_make="Apple",
    camera_model="iPhone 6",
)
CANON = FocalTags(
    focal_mm=40,
    plane_pixels_per_mm=4752000 / 894 / INCH,
    plane_width=4752,
    exif_width=4752,
    exif_height=3168,
    camera_make="Canon",
    camera_model="Canon EOS 500D",
)
NIKON = FocalTags(
    focal_mm=35,
    plane_pixels_per_mm=167.5,
    exif_width=6016,
    exif_height=4016,
    camera_make="NIKON CORPORATION",
    camera_model="NIKON D750",
)
COMPACT = FocalTags(
    focal_mm=7.1,
    plane_pixels_per_mm=2272 / 5.33,
    exif_width=2272,
    exif_height=1704,
    camera_make="Canon",
    camera_model="Canon PowerShot A85",
)
FROM_35MM = st.floats(6, 3000)
SIDES = st.integers(300, 12_000)


def sensor(focal_mm: float, sensor_mm: float, pixels: int) -> float:
    return focal_mm * pixels / sensor_mm


@given(FROM_35MM, SIDES, SIDES)
def test_35mm_equivalents_keep_the_angle_of_the_diagonal(focal_35mm, width, height):
    focal = resolve_focal(FocalTags(focal_35mm=focal_35mm), width, height)
    assert focal.source is FocalSource.EXIF_35MM
    picture, film = math.hypot(width, height) / focal.px, math.hypot(36, 24) / focal_35mm
    assert picture == pytest.approx(film)


@pytest.mark.parametrize("tags", [PHONE, CANON, NIKON, COMPACT, FocalTags(), FocalTags(4.0)])
@given(scale=st.integers(1, 16))
def test_a_scaled_copy_has_a_scaled_focal_length_however_it_is_held(tags, scale):
    width, height = tags.exif_width or 4000, tags.exif_height or 3000
    whole = resolve_focal(tags, width, height)
    copy = resolve_focal(tags, width // scale, height // scale)
    assert copy.source is whole.source
    assert copy.px == pytest.approx(whole.px / scale, rel=0.02)
    upright = resolve_focal(tags, height, width)
    turned = resolve_focal(replace(tags, exif_width=height, exif_height=width), width, height)
    assert upright == turned == whole


@pytest.mark.parametrize("tags", [CANON, NIKON])
@given(scale=st.integers(2, 12))
def test_an_editor_that_rewrites_the_exif_size_fools_no_one(tags, scale):
    whole = resolve_focal(tags, tags.exif_width, tags.exif_height)
    width, height = tags.exif_width // scale, tags.exif_height // scale
    edited = resolve_focal(replace(tags, exif_width=width, exif_height=height), width, height)
    assert edited.px == pytest.approx(whole.px / scale, rel=0.02)
    bare = resolve_focal(replace(tags, exif_width=None, exif_height=None), width, height)
    assert bare.px == edited.px


def any_number(*odd: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.sampled_from([0.0, 1.0, 65535.0, 1e-9, 1e12, *odd]) | st.floats(0, 1e5)


@given(
    tags=st.builds(
        FocalTags,
        focal_mm=any_number(0.596),
        focal_35mm=any_number(),
        plane_pixels_per_mm=any_number(0.05),
        plane_width=st.none() | st.integers(480, 20_000),
        exif_width=st.none() | st.integers(1, 100_000),
        exif_height=st.none() | st.integers(1, 100_000),
        digital_zoom=any_number(2.5),
        camera_make=st.sampled_from([None, "Canon", "Apple", "NIKON"]),
        camera_model=st.sampled_from([None, "Canon EOS 5D", "iPhone 4", "E950"]),
        intrinsics_focal_px=any_number(),
        sidecar_focal_35mm=any_number(),
    ),
    width=st.integers(1, 70_000),
    height=st.integers(1, 70_000),
    user=any_number(),
)
def test_any_tags_give_a_focal_length_that_a_lens_can_have(tags, width, height, user):
    focal = resolve_focal(tags, width, height, user)
    angle = math.degrees(2 * math.atan(math.hypot(width, height) / 2 / focal.px))
    assert 0.7 <= angle <= 150


def test_the_order_of_trust():
    tags = replace(
        CANON, focal_35mm=64, intrinsics_focal_px=8000.0, sidecar_focal_35mm=50, focal_mm=40
    )
    falling_away = [
        ({}, FocalSource.USER),
        ({"sidecar_focal_35mm": None}, FocalSource.INTRINSICS),
        ({"intrinsics_focal_px": None}, FocalSource.EXIF_35MM),
        ({"focal_35mm": None}, FocalSource.EXIF_SENSOR),
        ({"plane_pixels_per_mm": None}, FocalSource.CAMERA_TABLE),
        ({"camera_model": "unheard of"}, FocalSource.EXIF_MM_GUESS),
        ({"focal_mm": None}, FocalSource.DEFAULT),
    ]
    for change, source in falling_away:
        tags = replace(tags, **change)
        assert resolve_focal(tags, 4752, 3168).source is source
    user = resolve_focal(CANON, 3600, 2400, user_focal_35mm=36)
    assert (user.px, user.source) == (pytest.approx(3600), FocalSource.USER)


@pytest.mark.parametrize(
    "absurd",
    [
        {"focal_35mm": 65535},
        {"focal_35mm": 1},
        {"focal_mm": 1.0},
        {"focal_mm": 0.5958768},
        {"focal_mm": 5000},
        {"focal_mm": 10.0},  # a compact's: as 10 mm on film it would see 130 degrees
        {"focal_mm": 13, "plane_pixels_per_mm": 3.84},
        {"plane_pixels_per_mm": 160.0},
        {"intrinsics_focal_px": 0.01},
        {"sidecar_focal_35mm": 65535},
    ],
)
def test_absurd_values_fall_through(absurd):
    focal = resolve_focal(FocalTags(**absurd), 3600, 2400)
    assert (focal.px, focal.source) == (pytest.approx(3000), FocalSource.DEFAULT)


# f_px from each file's own tags by hand, or from the uncropped original: see the READMEs there.
@pytest.mark.parametrize(
    ("path", "size", "px", "source"),
    [
        (DATA / "metadata" / "DSCF7733.jpg", (1160, 1430), 1574.4, FocalSource.EXIF_SENSOR),
        (DATA / "metadata" / "IMG_5910.jpg", (1394, 930), 5165, FocalSource.EXIF_SENSOR),
        (DATA / "metadata" / "denali.webp", (600, 315), 1562.65, FocalSource.EXIF_SENSOR),
        (DATA / "metadata" / "iphone13mini.jpg", (384, 512), 384.592, FocalSource.EXIF_35MM),
        (DATA / "metadata" / "sample.cr2", (3648, 2736), 4208.8, FocalSource.EXIF_SENSOR),
        (DATA / "metadata" / "spatial_photo.heic", (2560, 2560), 1525.44, FocalSource.INTRINSICS),
        (PHOTOS / "mongolels.jpg", (950, 634), 1675, FocalSource.EXIF_SENSOR),
        (PHOTOS / "el torcal rocks.jpg", (512, 341), 1592.41, FocalSource.EXIF_35MM),
        (PHOTOS / "tanners_ridge.jpg", (800, 534), 778.077, FocalSource.EXIF_35MM),
        (PHOTOS / "GOPR0042.JPG", (1000, 563), 397.856, FocalSource.EXIF_35MM),
        (PHOTOS / "IMG_2682.heic", (4032, 3024), 3261.64, FocalSource.EXIF_35MM),
    ],
)
def test_real_photos(path, size, px, source):
    data = path.read_bytes()
    tags = read_metadata(data, media_type(data, path.suffix)).focal
    focal = resolve_focal(tags, *size)
    assert focal.px == pytest.approx(px, rel=0.02)
    assert focal.source is source


def test_disagreement_is_told():
    stale = replace(NIKON, focal_35mm=35, exif_width=800, exif_height=534)
    focal = resolve_focal(stale, 800, 534)
    assert focal.px == pytest.approx(sensor(35, 36, 800), rel=0.02)
    assert focal.warning == "the focal plane resolution says 5862 px, 7.5 times this"
    assert resolve_focal(replace(NIKON, focal_35mm=35), 6016, 4016).warning is None


def test_a_crop_of_a_phones_picture_is_told():
    focal = resolve_focal(PHONE, 1025, 900)
    assert focal.source is FocalSource.EXIF_35MM
    assert focal.warning == (
        "cropped or framed since it was taken: 1025 x 900 pixels where EXIF says 3264 x 2448; "
        "assumed to show the whole frame"
    )
    assert resolve_focal(PHONE, 2448, 3264).warning is None
    assert resolve_focal(PHONE, 50, 37).warning is None  # a thumbnail, sides rounded


@pytest.mark.parametrize(("width", "height"), [(4000, 3900), (3500, 2000), (5000, 3800)])
def test_a_crop_in_full_size_keeps_the_focal_length(width, height):
    whole = resolve_focal(NIKON, 6016, 4016)
    assert resolve_focal(NIKON, width, height).px == whole.px
    rewritten = replace(NIKON, focal_35mm=35, exif_width=width, exif_height=height)
    assert resolve_focal(rewritten, width, height).px == whole.px


@pytest.mark.parametrize("zoom", [1.6, 2.5, 2.7])
def test_digital_zoom_counts_once(zoom):
    zoomed = replace(COMPACT, digital_zoom=zoom)
    px = sensor(7.1, 5.33, 2272) * zoom
    apart = resolve_focal(zoomed, 2272, 1704)
    inside = resolve_focal(
        replace(zoomed, plane_pixels_per_mm=COMPACT.plane_pixels_per_mm * zoom), 2272, 1704
    )
    table = resolve_focal(replace(zoomed, plane_pixels_per_mm=None), 2272, 1704)
    assert [f.px for f in (apart, inside, table)] == pytest.approx([px] * 3, rel=0.02)
    assert [f.source for f in (apart, table)] == [FocalSource.EXIF_SENSOR, FocalSource.CAMERA_TABLE]


def test_35mm_equivalents_count_digital_zoom_in_or_not():
    inside = replace(PHONE, focal_35mm=57, digital_zoom=1.971)
    assert resolve_focal(inside, 3264, 2448).px == pytest.approx(5375.04)
    pixel = FocalTags(6.9, 24, digital_zoom=2.0, camera_make="Google", camera_model="Pixel 8 Pro")
    whole = resolve_focal(replace(pixel, digital_zoom=None), 4080, 3072)
    assert resolve_focal(pixel, 4080, 3072).px == pytest.approx(2 * whole.px)


@pytest.mark.parametrize("zoom", [0.0, 1.0, 65535.0])
def test_no_digital_zoom(zoom):
    assert resolve_focal(replace(COMPACT, digital_zoom=zoom), 2272, 1704) == resolve_focal(
        COMPACT, 2272, 1704
    )


def test_a_shape_that_the_camera_cut_out_of_the_sensor():
    plain = replace(NIKON, plane_pixels_per_mm=None, exif_width=None, exif_height=None)
    wide = resolve_focal(plain, 6016, 3384)  # 16:9 keeps the width
    square = resolve_focal(plain, 4016, 4016)  # 1:1 the height
    assert wide.px == pytest.approx(sensor(35, 35.9, 6016))
    assert square.px == pytest.approx(sensor(35, 23.9, 4016))


def test_guesses_of_phones_and_of_lenses_for_film():
    assert resolve_focal(FocalTags(4.0), 3600, 2400).px == pytest.approx(4 * 8.4 * 100)
    assert resolve_focal(FocalTags(50.0), 3600, 2400).px == pytest.approx(5000)


def test_what_no_flat_picture_shows_is_told():
    assert "fisheye" in str(resolve_focal(FocalTags(focal_35mm=8), 3264, 3264).warning)
    assert "panorama" in str(resolve_focal(FocalTags(focal_35mm=28), 6528, 1000).warning)


NIKON_D60 = FocalTags(
    focal_mm=28,
    focal_35mm=42,
    exif_width=3872,
    exif_height=2592,
    camera_make="NIKON CORPORATION",
    camera_model="NIKON D60",
)


@pytest.mark.parametrize("change", [{}, {"focal_35mm": None}])
@pytest.mark.parametrize(("width", "height"), [(3064, 2379), (2379, 3064), (2592, 2592)])
def test_a_crop_that_was_not_scaled_keeps_the_focal_length_in_pixels(width, height, change):
    tags = replace(NIKON_D60, **change)
    whole = resolve_focal(tags, 3872, 2592)
    crop = resolve_focal(tags, width, height)
    assert (crop.px, crop.source) == (pytest.approx(whole.px), whole.source)
    assert crop.warning == (
        f"cropped since it was taken: {max(width, height)} x {min(width, height)} pixels "
        "where EXIF says 3872 x 2592; assumed not scaled"
    )


def test_a_small_part_counts_as_scaled_down_and_a_larger_picture_as_framed():
    small = resolve_focal(NIKON_D60, 1025, 900)
    assert small.px == pytest.approx(42 * math.hypot(1025, 900) / math.hypot(36, 24))
    framed = resolve_focal(NIKON_D60, 4000, 2720)
    assert framed.px == pytest.approx(42 * math.hypot(4000, 2720) / math.hypot(36, 24))
    assert all("assumed to show the whole frame" in f.warning for f in (small, framed))


@pytest.mark.parametrize("user", [None, 36.0])
def test_a_crop_off_the_centre_is_told(user):
    tags = replace(PHONE, uncropped_size=(3264, 2448), off_centre=0.4)
    focal = resolve_focal(tags, 1000, 800, user)
    assert "40% of the picture" in focal.warning
    assert focal.px == resolve_focal(replace(tags, off_centre=0.0), 1000, 800, user).px


def test_a_crop_that_the_container_states_keeps_the_focal_length_in_pixels():
    tags = replace(PHONE, uncropped_size=(3264, 2448))
    whole = resolve_focal(PHONE, 3264, 2448)
    assert resolve_focal(tags, 1000, 800) == whole
    assert resolve_focal(replace(tags, exif_width=None), 300, 900).px == whole.px
    assert resolve_focal(replace(tags, off_centre=0.01), 1000, 800) == whole
    user = resolve_focal(tags, 1000, 800, user_focal_35mm=36)
    assert user.px == pytest.approx(36 * math.hypot(1000, 800) / math.hypot(36, 24))
