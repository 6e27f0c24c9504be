"""read_metadata over real files, over every container, and over garbage."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features
from PIL.ExifTags import GPS, Base
from PIL.TiffImagePlugin import IFDRational

from pipeline.metadata.read import read_metadata
from pipeline.scan.media_type import media_type
from schemas.records import FocalTags, MediaType, PhotoMeta
from tests.support import exif_photos as made
from tests.support.paths import DATA, PHOTOS

HEADS = DATA / "metadata"
REAL = [
    *(path for path in sorted(HEADS.iterdir()) if path.suffix not in {".md", ".xmp"}),
    PHOTOS / "mongolels.jpg",
    PHOTOS / "IMG_2682.heic",
]


def read(path: Path, sidecar: bytes | None = None) -> PhotoMeta:
    data = path.read_bytes()
    return read_metadata(data, media_type(data, path.suffix), sidecar)


def read_jpeg(exif: Image.Exif) -> PhotoMeta:
    return read_metadata(made.jpeg(exif), MediaType.JPEG)


CONTAINERS: dict[str, tuple[MediaType, Callable[[Image.Exif], bytes]]] = {
    "jpeg": (MediaType.JPEG, made.jpeg),
    "png": (MediaType.PNG, lambda exif: made.saved("PNG", exif)),
    "png, hex": (MediaType.PNG, lambda exif: made.png_of_imagemagick(exif, compressed=False)),
    "png, packed": (MediaType.PNG, lambda exif: made.png_of_imagemagick(exif, compressed=True)),
    "webp": (MediaType.WEBP, lambda exif: made.saved("WEBP", exif)),
    "tiff": (MediaType.TIFF, made.tiff_block),
    "raw that is a tiff": (MediaType.RAW, made.tiff_block),
    "raf": (MediaType.RAW, made.raf),
    "cr3": (MediaType.RAW, made.cr3),
    "heif": (MediaType.HEIF, made.heif),
    "avif": (MediaType.AVIF, lambda exif: made.saved("AVIF", exif)),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same(container):
    if container == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    kind, pack = CONTAINERS[container]
    exif = made.some_exif()
    if kind in (MediaType.HEIF, MediaType.AVIF):
        exif[Base.Orientation] = 1  # their encoders say in the container how the picture is turned
    meta = read_metadata(pack(exif), kind)
    assert meta == PhotoMeta(
        camera_make="Canon",
        camera_model="Canon EOS 7D",
        lens_model="EF 50mm f/1.8",
        taken_at=datetime(2014, 9, 16, 14, 5, 12, 70_000),
        taken_at_offset=-timedelta(hours=3, minutes=30),
        latitude=pytest.approx(-(33 + 51 / 60 + 25.2 / 3600)),
        longitude=pytest.approx(-(70 + 30.5 / 60)),
        altitude_m=-12.5,
        orientation=exif[Base.Orientation],
        focal=FocalTags(
            focal_mm=50.0,
            focal_35mm=80.0,
            plane_pixels_per_mm=pytest.approx(5184000 / 907 / 25.4),
            plane_width=5184,
            exif_width=5184,
            exif_height=3456,
            digital_zoom=1.5,
            camera_make="Canon",
            camera_model="Canon EOS 7D",
        ),
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_cut_off_pixels_do_not_matter(kind):
    whole = made.saved(kind, made.some_exif())
    media = MediaType(kind.lower())
    assert read_metadata(whole[:-40], media) == read_metadata(whole, media)


# exiftool's reading of the same files.
EXPECTED = {
    "DSCF7733.jpg": ("FUJIFILM", "X-E2", "2021-01-20T15:51:50", None, None),
    "IMG_5910.jpg": (
        "Canon",
        "Canon EOS 600D",
        "2015-06-11T10:29:26.690",
        None,
        (37.8710933333333, -122.25678, 90),
    ),
    "denali.webp": ("Canon", "Canon EOS 7D", "2010-08-13T21:00:01.850", None, None),
    "empty_gps.jpg": ("motorola", "moto g(9) plus", "2025-06-01T16:59:26.023460", None, None),
    "iphone13mini.jpg": ("Apple", "iPhone 13 mini", "2026-01-07T15:20:14.930", 1, None),
    "sample.cr2": ("Canon", "Canon PowerShot S90", "2011-08-24T14:41:04", None, None),
    "spatial_photo.heic": ("Apple", "Apple Vision Pro", "2024-04-22T14:38:09.526", 2, None),
    "mongolels.jpg": ("Canon", "Canon EOS 500D", "2009-08-29T13:18:08.170", None, None),
    "IMG_2682.heic": (
        "Apple",
        "iPhone 7",
        "2019-03-21T11:04:22.348",
        -5,  # from its GPS clock: 16:04:21 UTC
        (41.2203, -96.071625, 351.2669335),
    ),
}


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_photos(path):
    make, model, taken_at, offset_hours, place = EXPECTED[path.name]
    meta = read(path)
    assert (meta.camera_make, meta.camera_model) == (make, model)
    assert meta.taken_at == datetime.fromisoformat(taken_at)
    offset = None if offset_hours is None else timedelta(hours=offset_hours)
    assert meta.taken_at_offset == offset
    if place:
        assert (meta.latitude, meta.longitude, meta.altitude_m) == pytest.approx(place, abs=1e-5)
    else:
        assert meta.latitude is None
        assert meta.longitude is None


def test_focal_tags_of_real_photos():
    assert read(HEADS / "empty_gps.jpg").focal.focal_35mm is None  # it holds 0
    assert read(HEADS / "sample.cr2").focal.plane_width == 1600  # of its preview
    assert read(HEADS / "spatial_photo.heic").focal.intrinsics_focal_px == pytest.approx(1525.4446)
    fujifilm = read(HEADS / "DSCF7733.jpg").focal
    assert (fujifilm.plane_pixels_per_mm, fujifilm.plane_width) == (82.0, None)


def test_sidecar_fills_in_and_its_35mm_focal_length_is_the_users_word():
    sidecar = (HEADS / "IMG_5910.xmp").read_bytes()
    assert read(HEADS / "IMG_5910.jpg", sidecar) == read(HEADS / "IMG_5910.jpg")
    bare = made.jpeg(Image.Exif())
    filled = read_metadata(bare, MediaType.JPEG, sidecar)
    assert filled.lens_model == "EF-S15-85mm f/3.5-5.6 IS USM"
    assert filled.taken_at == datetime(2015, 6, 11, 10, 29, 26, 690_000)
    told = sidecar.replace(
        b"<rdf:Description ",
        b'<rdf:Description xmlns:e="http://ns.adobe.com/exif/1.0/" e:FocalLengthIn35mmFilm="40" ',
        1,
    )
    assert read_metadata(bare, MediaType.JPEG, told).focal.sidecar_focal_35mm == 40
    assert read_metadata(bare, MediaType.JPEG, b"no XMP at all") == PhotoMeta()


@pytest.mark.parametrize(("stored", "meant"), [(1, 1), (8, 8), (0, 1), (9, 1), (65535, 1)])
def test_orientation(stored, meant):
    assert read_jpeg(made.exif_with({Base.Orientation: stored})).orientation == meant


@pytest.mark.parametrize("lens", ["----", "0.0 mm f/0.0", " ", "Unknown"])
def test_a_lens_that_is_none(lens):
    assert read_jpeg(made.exif_with({}, {Base.LensModel: lens})).lens_model is None


def test_zero_and_infinite_lengths_are_missing():
    lengths = {Base.FocalLength: IFDRational(1, 0), Base.FocalLengthIn35mmFilm: 0}
    plane = {Base.FocalPlaneXResolution: IFDRational(0, 0), Base.ExifImageWidth: 0}
    assert read_jpeg(made.exif_with({}, {**lengths, **plane})).focal == FocalTags()


@pytest.mark.parametrize(("unit", "per_mm"), [(1, 1 / 25.4), (2, 1 / 25.4), (3, 0.1), (4, 1.0)])
def test_unit_of_the_focal_plane(unit, per_mm):
    tags = {Base.FocalPlaneXResolution: 820.0, Base.FocalPlaneResolutionUnit: unit}
    focal = read_jpeg(made.exif_with({}, tags)).focal
    assert focal.plane_pixels_per_mm == pytest.approx(820 * per_mm)


def test_datetime_counts_only_as_a_cameras_and_only_at_last():
    written = {Base.DateTime: "2020:02:03 04:05:06"}
    assert read_jpeg(made.exif_with(written)).taken_at is None
    camera = {**written, Base.Make: "HTC"}
    assert read_jpeg(made.exif_with(camera)).taken_at == datetime(2020, 2, 3, 4, 5, 6)
    unset = {Base.DateTimeOriginal: "0000:00:00 00:00:00"}
    digitized = {**unset, Base.DateTimeDigitized: "2019:01:01 00:00:01"}
    assert read_jpeg(made.exif_with(camera, digitized)).taken_at == datetime(2019, 1, 1, 0, 0, 1)


def test_offset_of_the_tag_before_that_of_the_gps_clock():
    taken = {Base.DateTimeOriginal: "2019:06:01 12:00:00"}
    clock = {GPS.GPSDateStamp: "2019:06:01", GPS.GPSTimeStamp: (6.0, 30.0, 2.0)}
    assert read_jpeg(made.exif_with({}, taken, clock)).taken_at_offset == timedelta(hours=5.5)
    told = {**taken, Base.OffsetTimeOriginal: "+06:00"}
    assert read_jpeg(made.exif_with({}, told, clock)).taken_at_offset == timedelta(hours=6)


def check_sane(meta: PhotoMeta) -> None:
    assert meta.orientation in range(1, 9)
    assert (meta.latitude is None) == (meta.longitude is None)
    assert meta.latitude is None or -90 <= meta.latitude <= 90
    assert meta.longitude is None or -180 <= meta.longitude <= 180
    assert meta.altitude_m is None or math.isfinite(meta.altitude_m)
    assert meta.camera_make != ""
    assert meta.focal.focal_mm is None or 0 < meta.focal.focal_mm < math.inf


@given(st.binary(max_size=600), st.sampled_from(MediaType))
def test_random_bytes_are_no_error(data, kind):
    check_sane(read_metadata(data, kind, sidecar=data))


HEADERS = [(path.read_bytes(), path.suffix) for path in REAL if path.stat().st_size < 60_000] + [
    (made.jpeg(made.some_exif()), ".jpg"),
    (made.cr3(made.some_exif()), ".cr3"),
    (made.saved("PNG", made.some_exif()), ".png"),
]


@given(st.data())
def test_damaged_headers_are_no_error(data):
    header, suffix = data.draw(st.sampled_from(HEADERS))
    damaged = bytearray(header)
    places = st.integers(0, min(len(header), 3000) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        damaged[place] = byte
    end = data.draw(st.one_of(st.just(len(header)), places))
    check_sane(read_metadata(bytes(damaged[:end]), media_type(header, suffix)))


def test_a_damaged_tag_says_nothing_on_the_terminal(capfd, caplog):
    latin = made.jpeg(made.some_exif()).replace(b"EF 50mm", b"\xc9F 50mm")
    assert read_metadata(latin, MediaType.JPEG).lens_model == "ÉF 50mm f/1.8"
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def with_equivalent(value: str, name: str = "e:FocalLengthIn35mmFilm") -> bytes:
    return (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:e="http://ns.adobe.com/exif/1.0/" '
        b'xmlns:s="https://sharp-batch.github.io/ns/1.0/" '
        + f'{name}="{value}"/></rdf:RDF>'.encode()
    )


def test_a_copy_of_the_file_s_own_equivalent_is_nobody_s_word():
    file = made.jpeg(made.exif_with({}, {Base.FocalLengthIn35mmFilm: 40}))
    copied = read_metadata(file, MediaType.JPEG, with_equivalent("40")).focal
    assert (copied.sidecar_focal_35mm, copied.focal_35mm) == (None, 40)
    changed = read_metadata(file, MediaType.JPEG, with_equivalent("42")).focal
    assert changed.sidecar_focal_35mm == 42
    own = with_equivalent("40", "s:FocalLength35mm")  # what only a person writes
    assert read_metadata(file, MediaType.JPEG, own).focal.sidecar_focal_35mm == 40


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({0xA40C: 1}, True),  # SubjectDistanceRange: macro
        ({0xA40C: 2}, False),
        ({Base.SubjectDistance: IFDRational(27, 100)}, True),
        ({Base.SubjectDistance: IFDRational(15, 4)}, False),
        ({Base.SubjectDistance: IFDRational(0, 1)}, False),  # unknown
        ({}, False),
    ],
)
def test_a_close_up_is_what_the_camera_says_is_one(tags: dict[int, object], expected: bool) -> None:
    assert read_jpeg(made.exif_with({Base.Make: "Canon"}, tags)).is_close_up is expected
