"""What programs write about a photo, into each container and beside it, is read as they mean it.

The programs themselves write where they can be had here: Pillow, pillow-heif, libheif, ImageMagick,
libvips, exiftool, and Exiv2, by which digiKam and GIMP write. Layouts of Lightroom and Apple Photos
are in test_metadata_of_photo_managers.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from schemas.context import ContextSource
from tests.support.known_metadata import (
    ALTITUDE,
    EXIF,
    LATITUDE,
    LONGITUDE,
    MAKE,
    MODEL,
    check_camera,
    check_place,
    check_time,
    metadata_of,
)
from tests.support.pictures import scene
from tests.support.tools import run_tool

SUFFIXES = (".jpg", ".png", ".webp", ".tif", ".heic")


def plain(folder: Path, suffix: str, exif: Image.Exif | None = None) -> Path:
    """A picture with no metadata, or with the EXIF above, as Pillow and pillow-heif write it."""
    path = folder / f"photo{suffix}"
    options = {"exif": exif.tobytes()} if exif else {}
    image = Image.fromarray(scene())
    if suffix == ".heic":
        pillow_heif.from_pillow(image).save(path, **options)
    else:
        image.save(path, **options)
    return path


def check_all(path: Path) -> None:
    meta = metadata_of(path)
    check_camera(meta)
    check_time(meta, ContextSource.EXIF)
    check_place(meta, ContextSource.EXIF)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".avif"])
def test_pillow(suffix, tmp_path):
    check_all(plain(tmp_path, suffix, EXIF))


@pytest.mark.parametrize("suffix", SUFFIXES[:3])
def test_imagemagick_converts(suffix, tmp_path):
    source = plain(tmp_path, ".jpg", EXIF)
    made = tmp_path / f"made{suffix}"
    run_tool("convert", source, "-resize", "90%", made)
    check_all(made)


@pytest.mark.parametrize("suffix", SUFFIXES[:3])
def test_vips_converts(suffix, tmp_path):
    source = plain(tmp_path, ".jpg", EXIF)
    made = tmp_path / f"made{suffix}"
    run_tool("vips", "copy", source, made)
    check_all(made)


@pytest.mark.parametrize("source_suffix", [".jpg", ".png"])
def test_libheif_converts(source_suffix, tmp_path):
    source = plain(tmp_path, source_suffix, EXIF)
    made = tmp_path / "made.heic"
    run_tool("heif-enc", source, "-o", made)
    check_all(made)


EXIFTOOL_EXIF = (
    f"-EXIF:Make={MAKE}",
    f"-EXIF:Model={MODEL}",
    "-EXIF:DateTimeOriginal=2019:08:14 18:30:05",
    "-EXIF:OffsetTimeOriginal=+02:00",
    "-EXIF:FocalLength=35",
    "-EXIF:FocalLengthIn35mmFormat=56",
    f"-GPSLatitude={LATITUDE}",
    "-GPSLatitudeRef=N",
    f"-GPSLongitude={LONGITUDE}",
    "-GPSLongitudeRef=E",
    f"-GPSAltitude={ALTITUDE}",
    "-GPSAltitudeRef=0",
)
EXIFTOOL_XMP = (
    f"-XMP-tiff:Make={MAKE}",
    f"-XMP-tiff:Model={MODEL}",
    "-XMP-exif:DateTimeOriginal=2019:08:14 18:30:05+02:00",
    "-XMP-exif:FocalLength=35",
    "-XMP-exif:FocalLengthIn35mmFormat=56",
    f"-XMP-exif:GPSLatitude={LATITUDE}",
    f"-XMP-exif:GPSLongitude={LONGITUDE}",
    f"-XMP-exif:GPSAltitude={ALTITUDE}",
    "-XMP-exif:GPSAltitudeRef=0",
)
EXIFTOOL_IPTC = (
    "-IPTC:DateCreated=2019:08:14",
    "-IPTC:TimeCreated=18:30:05+02:00",
)


@pytest.mark.parametrize(
    ("tool", "written", "source"),
    [
        (("convert",), EXIFTOOL_XMP, ContextSource.EMBEDDED_XMP),
        (("convert",), EXIFTOOL_IPTC, ContextSource.IPTC),
        (("vips", "copy"), EXIFTOOL_XMP, ContextSource.EMBEDDED_XMP),
    ],
    ids=["imagemagick, xmp", "imagemagick, iptc", "vips, xmp"],
)
def test_what_tools_keep_in_a_tiff(tool, written, source, tmp_path):
    """They drop EXIF. libvips 8.14 also cuts IPTC to a quarter, so that nothing is left of it."""
    path, made = plain(tmp_path, ".jpg"), tmp_path / "made.tif"
    run_tool("exiftool", "-q", *written, path)
    run_tool(*tool, path, made)
    check_time(metadata_of(made), source)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_exiftool_writes_exif(suffix, tmp_path):
    path = plain(tmp_path, suffix)
    run_tool("exiftool", "-q", *EXIFTOOL_EXIF, path)
    check_all(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_exiftool_writes_xmp(suffix, tmp_path):
    path = plain(tmp_path, suffix)
    run_tool("exiftool", "-q", *EXIFTOOL_XMP, path)
    meta = metadata_of(path)
    check_camera(meta)
    check_time(meta, ContextSource.EMBEDDED_XMP)
    check_place(meta, ContextSource.EMBEDDED_XMP)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_exiftool_writes_iptc(suffix, tmp_path):
    path = plain(tmp_path, suffix)
    run_tool("exiftool", "-q", *EXIFTOOL_IPTC, path)
    check_time(metadata_of(path), ContextSource.IPTC)


@pytest.mark.parametrize("name", ["photo.xmp", "photo.jpg.xmp"])
def test_exiftool_writes_a_sidecar(name, tmp_path):
    path, sidecar = plain(tmp_path, ".jpg"), tmp_path / name
    run_tool("exiftool", "-q", *EXIFTOOL_XMP, "-o", sidecar, path)
    meta = metadata_of(path, sidecar)
    check_camera(meta)
    check_time(meta, ContextSource.SIDECAR)
    check_place(meta, ContextSource.SIDECAR)


EXIV2_EXIF = (
    f"set Exif.Image.Make Ascii {MAKE}",
    f"set Exif.Image.Model Ascii {MODEL}",
    "set Exif.Photo.DateTimeOriginal Ascii 2019:08:14 18:30:05",
    "set Exif.Photo.OffsetTimeOriginal Ascii +02:00",
    "set Exif.Photo.FocalLength Rational 35/1",
    "set Exif.Photo.FocalLengthIn35mmFilm Short 56",
    "set Exif.GPSInfo.GPSVersionID Byte 2 3 0 0",
    "set Exif.GPSInfo.GPSLatitudeRef Ascii N",
    "set Exif.GPSInfo.GPSLatitude Rational 48/1 51/1 3024/100",
    "set Exif.GPSInfo.GPSLongitudeRef Ascii E",
    "set Exif.GPSInfo.GPSLongitude Rational 2/1 17/1 4020/100",
    "set Exif.GPSInfo.GPSAltitudeRef Byte 0",
    f"set Exif.GPSInfo.GPSAltitude Rational {ALTITUDE * 10:.0f}/10",
)
EXIV2_XMP = (
    f"set Xmp.tiff.Make {MAKE}",
    f"set Xmp.tiff.Model {MODEL}",
    "set Xmp.exif.DateTimeOriginal 2019-08-14T18:30:05+02:00",
    "set Xmp.photoshop.DateCreated 2019-08-14T18:30:05+02:00",
    "set Xmp.xmp.CreateDate 2021-01-01T00:00:00",
    "set Xmp.exif.FocalLength 35/1",
    "set Xmp.exif.FocalLengthIn35mmFilm 56",
    "set Xmp.exif.GPSLatitude 48,51.50400000N",
    "set Xmp.exif.GPSLongitude 2,17.67000000E",
    "set Xmp.exif.GPSAltitudeRef 0",
    f"set Xmp.exif.GPSAltitude {ALTITUDE * 10:.0f}/10",
)
EXIV2_IPTC = (
    "set Iptc.Application2.DateCreated Date 2019-08-14",
    "set Iptc.Application2.TimeCreated Time 18:30:05+02:00",
)


def by_exiv2(path: Path, commands: tuple[str, ...]) -> None:
    run_tool("exiv2", *(part for command in commands for part in ("-M", command)), path)


@pytest.mark.parametrize("suffix", SUFFIXES[:4])
@pytest.mark.parametrize("also", [(), EXIV2_XMP, EXIV2_IPTC], ids=["exif", "xmp too", "iptc too"])
def test_digikam_and_gimp_write_by_exiv2(suffix, also, tmp_path):
    path = plain(tmp_path, suffix)
    if also is EXIV2_IPTC and suffix == ".webp":
        pytest.skip("WebP holds no IPTC")
    by_exiv2(path, (*EXIV2_EXIF, *also))
    check_all(path)


@pytest.mark.parametrize("suffix", SUFFIXES[:4])
def test_exiv2_writes_xmp_alone(suffix, tmp_path):
    path = plain(tmp_path, suffix)
    by_exiv2(path, EXIV2_XMP)
    meta = metadata_of(path)
    check_camera(meta)
    check_time(meta, ContextSource.EMBEDDED_XMP)
    check_place(meta, ContextSource.EMBEDDED_XMP)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_exiv2_writes_iptc_alone(suffix, tmp_path):
    path = plain(tmp_path, suffix)
    by_exiv2(path, EXIV2_IPTC)
    check_time(metadata_of(path), ContextSource.IPTC)


def test_digikam_writes_a_sidecar_by_exiv2(tmp_path):
    path = plain(tmp_path, ".jpg")
    bearer = Path(shutil.copy(path, tmp_path / "bearer.jpg"))
    by_exiv2(bearer, EXIV2_XMP)
    run_tool("exiv2", "-eX", bearer)
    sidecar = bearer.with_suffix(".xmp")
    meta = metadata_of(path, sidecar)
    check_camera(meta)
    check_time(meta, ContextSource.SIDECAR)
    check_place(meta, ContextSource.SIDECAR)
