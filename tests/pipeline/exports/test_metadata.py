from __future__ import annotations

import io
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from pipeline.exports.metadata import capture_seconds, photo_exif, picture_exif, srgb_profile
from pipeline.exports.names import SAMPLE_RECORD
from pipeline.metadata.read import read_metadata
from pipeline.scan.identify import photo_id_of
from pipeline.scan.media_type import media_type
from schemas.records import MediaType, PhotoMeta, PhotoRecord
from sharp_core.scene.cameras import Intrinsics
from tests.support.paths import DATA, PHOTOS

SEEN = Intrinsics.of_photo(800, 1000, 750)
SOURCES = [
    PHOTOS / "IMG_2682.heic",
    PHOTOS / "GOPR0042.JPG",
    PHOTOS / "mongolels.jpg",
    DATA / "metadata" / "IMG_5910.jpg",
    DATA / "metadata" / "iphone13mini.jpg",
    DATA / "metadata" / "DSCF7733.jpg",
    DATA / "metadata" / "denali.webp",
    DATA / "metadata" / "sample.cr2",
]


def record_of(path: Path, data: bytes, meta: PhotoMeta) -> PhotoRecord:
    return replace(
        SAMPLE_RECORD,
        photo_id=photo_id_of(data),
        paths=(str(path),),
        taken_at=meta.taken_at,
        taken_at_offset=None,
        camera_make=meta.camera_make,
        camera_model=meta.camera_model,
        lens_model=meta.lens_model,
        latitude=meta.latitude,
        longitude=meta.longitude,
        altitude_m=meta.altitude_m,
    )


def exported(
    record: PhotoRecord, kind: MediaType, tmp_path: Path, strip_gps: bool = False
) -> bytes:
    """Return a JPEG with the metadata of an export."""
    exif = picture_exif(photo_exif(record, kind, strip_gps=strip_gps), SEEN, 1000, 750)
    path = tmp_path / "export.jpg"
    Image.new("RGB", (10, 10)).save(path, exif=b"Exif\0\0" + exif)
    return path.read_bytes()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("is_there", [True, False])
def test_date_place_and_camera_come_through(source, is_there, tmp_path):
    data = source.read_bytes()
    kind = media_type(data)
    before = read_metadata(data, kind)
    record = record_of(source if is_there else tmp_path / "gone", data, before)
    after = read_metadata(exported(record, kind, tmp_path), MediaType.JPEG)
    for name in ("taken_at", "camera_make", "camera_model", "lens_model"):
        assert getattr(after, name) == getattr(before, name), name
    for name, most in (("latitude", 1e-7), ("longitude", 1e-7), ("altitude_m", 1e-3)):
        value = getattr(before, name)
        expected = None if value is None else pytest.approx(value, abs=most)
        assert getattr(after, name) == expected, name


@pytest.mark.parametrize("source", SOURCES)
def test_what_no_longer_holds_is_left_out(source, tmp_path):
    data = source.read_bytes()
    kind = media_type(data)
    record = record_of(source, data, read_metadata(data, kind))
    exif = Image.open(io.BytesIO(exported(record, kind, tmp_path))).getexif()
    assert exif[Base.Orientation] == 1
    details = exif.get_ifd(IFD.Exif)
    assert (details[Base.ExifImageWidth], details[Base.ExifImageHeight]) == (1000, 750)
    assert details[Base.FocalLengthIn35mmFilm] == round(36 * 800 / 1000)
    assert not {Base.MakerNote, Base.FocalPlaneXResolution, 0x9214} & set(details)
    assert not exif.get_ifd(IFD.IFD1)
    assert Base.StripOffsets not in exif


def test_places_can_be_stripped(tmp_path):
    data = (DATA / "metadata/IMG_5910.jpg").read_bytes()
    meta = read_metadata(data, MediaType.JPEG)
    assert meta.latitude is not None
    record = record_of(DATA / "metadata/IMG_5910.jpg", data, meta)
    stripped = exported(record, MediaType.JPEG, tmp_path, strip_gps=True)
    after = read_metadata(stripped, MediaType.JPEG)
    assert after.latitude is None
    assert after.camera_model == meta.camera_model


def test_a_file_that_is_another_photo_by_now_says_nothing(tmp_path):
    data = (DATA / "metadata/IMG_5910.jpg").read_bytes()
    record = record_of(tmp_path / "IMG.jpg", data, PhotoMeta(camera_model="known"))
    shutil.copy(DATA / "metadata/iphone13mini.jpg", tmp_path / "IMG.jpg")
    after = read_metadata(exported(record, MediaType.JPEG, tmp_path), MediaType.JPEG)
    assert (after.camera_model, after.taken_at) == ("known", None)


def test_the_time_of_a_photo_is_in_its_own_zone():
    photo = replace(SAMPLE_RECORD, taken_at=datetime(2019, 7, 14, 18, 30), taken_at_offset="+02:00")
    assert capture_seconds(photo) == datetime(2019, 7, 14, 16, 30, tzinfo=UTC).timestamp()
    local = replace(photo, taken_at_offset=None)
    assert capture_seconds(local) == datetime(2019, 7, 14, 18, 30).timestamp()
    assert capture_seconds(replace(photo, taken_at=None)) is None


def test_the_colour_profile_is_always_the_same():
    assert srgb_profile()[36:40] == b"acsp"
    assert srgb_profile()[24:36] == bytes.fromhex("07d000010001000000000000")
