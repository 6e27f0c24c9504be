"""One photo's metadata, which tests let programs write, and whether what is read is the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL.ExifTags import GPS, Base

from pipeline.metadata.read import read_metadata
from pipeline.scan.media_type import media_type
from schemas.context import ContextSource
from schemas.records import PhotoMeta
from tests.support.exif_photos import exif_with

MAKE, MODEL = "Canon", "Canon EOS 80D"
TAKEN, OFFSET = datetime(2019, 8, 14, 18, 30, 5), timedelta(hours=2)
LATITUDE, LONGITUDE, ALTITUDE = 48.8584, 2.2945, 35.5

EXIF = exif_with(
    {Base.Make: MAKE, Base.Model: MODEL},
    {
        Base.DateTimeOriginal: "2019:08:14 18:30:05",
        Base.OffsetTimeOriginal: "+02:00",
        Base.FocalLength: 35.0,
        Base.FocalLengthIn35mmFilm: 56,
    },
    {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: (48.0, 51.0, 30.24),
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: (2.0, 17.0, 40.2),
        GPS.GPSAltitudeRef: b"\0",
        GPS.GPSAltitude: ALTITUDE,
    },
)


def metadata_of(path: Path, sidecar: Path | None = None) -> PhotoMeta:
    data = path.read_bytes()
    return read_metadata(
        data, media_type(data, path.suffix), sidecar.read_bytes() if sidecar else None
    )


def check_camera(meta: PhotoMeta) -> None:
    assert (meta.camera_make, meta.camera_model) == (MAKE, MODEL)
    assert meta.focal.focal_mm == pytest.approx(35)
    assert meta.focal.focal_35mm == pytest.approx(56)


def check_time(meta: PhotoMeta, source: ContextSource) -> None:
    assert (meta.taken_at, meta.taken_at_offset) == (TAKEN, OFFSET)
    assert meta.taken_at_source is source


def check_place(meta: PhotoMeta, source: ContextSource) -> None:
    assert meta.latitude == pytest.approx(LATITUDE, abs=1e-5)
    assert meta.longitude == pytest.approx(LONGITUDE, abs=1e-5)
    assert meta.altitude_m == pytest.approx(ALTITUDE)
    assert meta.position_source is source
