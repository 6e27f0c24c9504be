from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.metadata.projection import (
    Projection,
    focal_in,
    resolve_projection,
    shows_two_circles,
)
from pipeline.metadata.read import read_metadata
from schemas.records import FocalSource, MediaType, PanoramaTags, PhotoMeta, SphereWindow
from tests.support.panoramas import gpano, two_circles, whole_sphere, write_picture

SPHERE = PanoramaTags("equirectangular")


def of_camera(make: str, model: str) -> PhotoMeta:
    return PhotoMeta(camera_make=make, camera_model=model)


def of_lens(lens: str, make: str = "Canon") -> PhotoMeta:
    return PhotoMeta(camera_make=make, camera_model="X", lens_model=lens)


@pytest.mark.parametrize(
    ("make", "model", "width"),
    [
        ("RICOH", "RICOH THETA S", 5376),
        ("Arashi Vision", "Insta360 X3", 11968),
        ("GoPro", "GoPro Max", 5760),
        ("SAMSUNG", "SM-C200", 7776),
        ("LG Electronics", "LG-R105", 5660),
        ("Kandao", "QooCam 8K", 7680),
        ("DJI", "FC3170", 8192),
        ("XIAOMI", "Mi Sphere Camera", 6912),
        ("Antigravity", "A1", 7680),
    ],
)
def test_a_picture_twice_as_wide_as_high_is_a_sphere_of_cameras_that_make_them(
    make: str, model: str, width: int
) -> None:
    projection = resolve_projection(of_camera(make, model), "a.jpg", width, width // 2)
    window = SphereWindow(width, width // 2, width, 0, 0)
    assert projection == Projection(window, is_by_camera=True)
    assert resolve_projection(of_camera(make, model), "a.jpg", width, width // 2 + 2).sphere is None


@pytest.mark.parametrize(
    ("make", "model", "width"),
    [("Canon", "EOS R5", 8000), ("DJI", "FC3170", 2048), ("GoPro", "HERO9 Black", 5000)],
)
def test_other_pictures_of_that_shape_are_ordinary(make: str, model: str, width: int) -> None:
    meta = of_camera(make, model)
    assert resolve_projection(meta, "a.jpg", width, width // 2) == Projection()


def test_panorama_tags_are_read_and_follow_a_resized_picture(tmp_path) -> None:
    tags = {
        "ProjectionType": "equirectangular",
        "FullPanoWidthPixels": 4000,
        "FullPanoHeightPixels": 2000,
        "CroppedAreaImageWidthPixels": 3000,
        "CroppedAreaImageHeightPixels": 1000,
        "CroppedAreaLeftPixels": 500,
        "CroppedAreaTopPixels": 400,
    }
    path = write_picture(tmp_path / "a.jpg", (600, 200), xmp=gpano(**tags))
    meta = read_metadata(path.read_bytes(), MediaType.JPEG)
    assert meta.panorama == PanoramaTags("equirectangular", (4000, 2000), (500, 400, 3000, 1000))
    window = resolve_projection(meta, "a.jpg", 600, 200).sphere
    assert window == SphereWindow(600, 200, 800, 100, 80)


def test_without_useful_sizes_a_sphere_goes_all_around() -> None:
    sizes = [None, (0, 0), (10, 10)]
    for full in sizes:
        tags = replace(SPHERE, full_size=full, crop=(0, 0, 8, 8))
        window = resolve_projection(PhotoMeta(panorama=tags), "a.jpg", 400, 150).sphere
        assert window == SphereWindow(400, 150, 400, 0, 25)
    high = resolve_projection(PhotoMeta(panorama=SPHERE), "a.jpg", 200, 200).sphere
    assert high == SphereWindow(200, 200, 400, 100, 0)


def test_sizes_of_a_sphere_say_what_the_picture_is_where_no_projection_does() -> None:
    tags = PanoramaTags(None, (400, 200), (0, 25, 400, 150))
    window = resolve_projection(PhotoMeta(panorama=tags), "a.jpg", 400, 150).sphere
    assert window == SphereWindow(400, 150, 400, 0, 25)
    for other in (replace(tags, full_size=(900, 200)), replace(tags, crop=None)):
        assert resolve_projection(PhotoMeta(panorama=other), "a.jpg", 400, 150) == Projection()


def test_a_narrow_part_of_a_sphere_is_an_ordinary_photo() -> None:
    tags = PanoramaTags("equirectangular", (3600, 1800), (0, 400, 900, 900))
    assert resolve_projection(PhotoMeta(panorama=tags), "a.jpg", 900, 900) == Projection()
    nameless = replace(tags, projection=None)
    assert resolve_projection(PhotoMeta(panorama=nameless), "a.jpg", 900, 900) == Projection()
    cylinder = PhotoMeta(panorama=PanoramaTags("cylindrical"))
    assert resolve_projection(cylinder, "a.jpg", 900, 400) == Projection()


def test_broken_panorama_tags_are_missing_ones(tmp_path) -> None:
    xmp = gpano(ProjectionType="equirectangular", FullPanoWidthPixels="nan")
    path = write_picture(tmp_path / "a.jpg", xmp=xmp)
    meta = read_metadata(path.read_bytes(), MediaType.JPEG)
    assert meta.panorama == SPHERE
    xmp = gpano(FullPanoWidthPixels="-5", FullPanoHeightPixels="1e300", CroppedAreaTopPixels="x")
    path = write_picture(tmp_path / "b.jpg", xmp=xmp)
    assert read_metadata(path.read_bytes(), MediaType.JPEG).panorama == PanoramaTags()


def test_the_metadata_of_a_stitched_sphere_is_read(tmp_path) -> None:
    path = write_picture(tmp_path / "a.jpg", (512, 256), xmp=whole_sphere(512, 256), make="Google")
    meta = read_metadata(path.read_bytes(), MediaType.JPEG)
    projection = resolve_projection(meta, "a.jpg", 512, 256)
    assert projection == Projection(SphereWindow(512, 256, 512, 0, 0))


@pytest.mark.parametrize(
    ("lens", "make"),
    [
        ("EF15mm f/2.8 Fisheye", "Canon"),
        ("EF8-15mm f/4L FISHEYE USM", "Canon"),
        ("RF5.2mm F2.8 L DUAL FISHEYE", "Canon"),
        ("10.5 mm f/2.8", "NIKON CORPORATION"),
        ("16.0 mm f/2.8", "NIKON CORPORATION"),
        ("8.0-15.0 mm f/3.5-4.5", "NIKON CORPORATION"),
        ("OLYMPUS M.8mm F1.8", "OLYMPUS CORPORATION"),
        ("LUMIX G FISHEYE 8/F3.5", "Panasonic"),
        ("smc PENTAX-DA FISH-EYE 10-17mm F3.5-4.5 ED[IF]", "PENTAX"),
        ("15mm F2.8 EX DG FISHEYE", "SIGMA"),
        ("10mm F2.8 EX DC", "SIGMA"),
        ("Samyang 8mm f/3.5", "Canon"),
        ("MC Peleng 8mm f/3.5", "Canon"),
        ("MC Zenitar 16mm f/2.8", "NIKON CORPORATION"),
        ("AF-S Nikkor 8-15mm f/3.5-4.5E ED", "NIKON CORPORATION"),
    ],
)
def test_fisheye_lenses_are_known_by_their_names(lens: str, make: str) -> None:
    projection = resolve_projection(of_lens(lens, make), "a.jpg", 4000, 3000)
    assert projection.fisheye is not None
    assert lens in projection.fisheye
    corrected = replace(of_lens(lens, make), is_lens_corrected=True)
    assert resolve_projection(corrected, "a.jpg", 4000, 3000) == Projection()


@pytest.mark.parametrize(
    ("lens", "make"),
    [
        ("EF16-35mm f/2.8L USM", "Canon"),
        ("16.0-35.0 mm f/4.0", "NIKON CORPORATION"),
        ("FE 16-35mm F2.8 GM", "SONY"),
        ("16mm F2.8", "SONY"),
        ("8-16mm F4.5-5.6 DC HSM", "SIGMA"),
        ("M.Zuiko Digital ED 7-14mm F2.8", "OLYMPUS"),
        ("iPhone 13 back triple camera 1.57mm f/1.8", "Apple"),
        ("XF8-16mmF2.8 R LM WR", "FUJIFILM"),
        ("LAOWA 10mm f/2.8", "Canon"),
        ("EF-S10-18mm f/4.5-5.6 IS STM", "Canon"),
        ("18.5mm f/2.8", "Canon"),
    ],
)
def test_wide_lenses_without_that_bend_are_ordinary(lens: str, make: str) -> None:
    assert resolve_projection(of_lens(lens, make), "a.jpg", 4000, 3000) == Projection()


def test_the_circle_of_a_camera_with_one_fisheye_lens_is_fisheye() -> None:
    camera = of_camera("JK Imaging, Ltd.", "KODAK PIXPRO SP360")
    assert resolve_projection(camera, "a.jpg", 3264, 3264).fisheye is not None
    assert resolve_projection(camera, "a.jpg", 7680, 3840).sphere is not None  # two, stitched


def test_files_of_two_circles_are_fisheye_by_suffix_metadata_and_pixels() -> None:
    camera = of_camera("Arashi Vision", "Insta360 X2")
    assert resolve_projection(camera, "IMG_1.insp", 512, 256).fisheye is not None
    tags = PhotoMeta(panorama=PanoramaTags("fisheye"))
    assert resolve_projection(tags, "a.jpg", 512, 256).fisheye is not None
    assert shows_two_circles(two_circles())
    assert not shows_two_circles(np.full((256, 512, 3), 2, np.uint8))  # a night
    rng = np.random.default_rng(0)
    assert not shows_two_circles(rng.integers(0, 255, (256, 512, 3), dtype=np.uint8))
    assert not shows_two_circles(np.zeros((1, 1, 3), np.uint8))


def test_the_focal_length_of_a_sphere_is_that_of_its_middle() -> None:
    meta = replace(of_camera("RICOH", "RICOH THETA S"))
    projection = resolve_projection(meta, "a.jpg", 6284, 3142)
    focal = focal_in(projection, meta, 6284, 3142, 28.0)
    assert (round(focal.px), focal.source) == (1000, FocalSource.SPHERE)
    ordinary = focal_in(Projection(), meta, 4000, 3000, 28.0)
    assert ordinary.source is FocalSource.USER
