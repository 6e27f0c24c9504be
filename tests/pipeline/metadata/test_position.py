from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL.ExifTags import GPS

from pipeline.metadata.position import GpsPosition, read_position, read_utc
from schemas.context import ContextSource
from sharp_core.containers.exif_values import Rational


def degrees(value: float) -> tuple[Rational, ...]:
    """Degrees, minutes and seconds as cameras write them, to 1/10000 second."""
    whole, rest = divmod(round(abs(value) * 36_000_000), 36_000_000)
    minutes, seconds = divmod(rest, 600_000)
    return Rational(whole), Rational(minutes), Rational(seconds, 10_000)


def gps_of(latitude: float, longitude: float) -> dict:
    return {
        GPS.GPSLatitudeRef: "S" if latitude < 0 else "N",
        GPS.GPSLatitude: degrees(latitude),
        GPS.GPSLongitudeRef: "W" if longitude < 0 else "E",
        GPS.GPSLongitude: degrees(longitude),
    }


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_exif_keeps_a_place(latitude, longitude):
    assume(abs(latitude) + abs(longitude) > 1e-6)
    place = read_position(gps_of(latitude, longitude), {})
    assert (place.latitude, place.longitude) == pytest.approx((latitude, longitude), abs=1e-7)


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_xmp_keeps_a_place(latitude, longitude):
    assume(abs(latitude) + abs(longitude) > 1e-6)

    def text(value, directions):
        whole, part = divmod(abs(value), 1)
        return f"{whole:.0f},{part * 60:.6f}{directions[value < 0]}"

    xmp = {
        "exif:GPSLatitude": text(latitude, "NS"),
        "exif:GPSLongitude": text(longitude, "EW"),
    }
    place = read_position({}, xmp)
    assert (place.latitude, place.longitude) == pytest.approx((latitude, longitude), abs=1e-7)


def test_xmp_with_seconds():
    place = read_position({}, {"exif:GPSLatitude": "41,50,30S", "exif:GPSLongitude": "0,30,0W"})
    assert place == GpsPosition(
        -(41 + 50 / 60 + 30 / 3600), -0.5, source=ContextSource.EMBEDDED_XMP
    )


@pytest.mark.parametrize(
    "broken",
    [
        {GPS.GPSLatitude: ()},
        {GPS.GPSLatitude: ""},
        {GPS.GPSLatitude: (Rational(0, 0), Rational(0, 0), Rational(0, 0))},
        {GPS.GPSLatitude: (Rational(95),)},
        {GPS.GPSLongitude: (Rational(181),)},
        {GPS.GPSLatitudeRef: ""},
        {GPS.GPSLongitudeRef: "?"},
    ],
)
def test_half_a_place_is_none(broken):
    assert read_position(gps_of(10, 20) | broken, {}) == GpsPosition()


def test_zero_in_both_directions_is_no_place_and_in_one_of_them_is():
    """Receivers without a fix, and programs without a place, write zeros."""
    assert read_position(gps_of(0, 0), {}) == GpsPosition()
    assert read_position(gps_of(0, 0) | {GPS.GPSAltitude: (Rational(0),)}, {}) == GpsPosition()
    assert read_position(gps_of(0, 8), {})[:2] == (0, 8)
    zeros = {GPS.GPSLatitude: degrees(0), GPS.GPSLongitude: degrees(0)}
    assert read_position(zeros, {}) == GpsPosition()
    xmp = {"exif:GPSLatitude": "10,0N", "exif:GPSLongitude": "20,0E"}
    assert read_position(gps_of(0, 0), xmp)[:2] == (10, 20)


def test_minutes_with_decimals_and_no_seconds():
    minutes = (Rational(51), Rational(4571690, 100_000), Rational(0, 0))
    place = read_position(gps_of(0, 8) | {GPS.GPSLatitude: minutes}, {})
    assert place.latitude == pytest.approx(51.7619483)


@pytest.mark.parametrize(
    ("ref", "metres", "meant"),
    [
        (None, 90, 90),
        (0, 90, 90),
        (1, 430.5, -430.5),
        (0, -5, -5),
        (1, -5, -5),
        (3, 2, -2),
        (0, 4294967295, None),
    ],
)
def test_altitude(ref, metres, meant):
    gps = {GPS.GPSAltitude: (Rational(metres),)}
    if ref is not None:
        gps[GPS.GPSAltitudeRef] = (Rational(ref),)
    assert read_position(gps, {}).altitude_m == meant


def test_altitude_of_nothing():
    assert read_position({GPS.GPSAltitude: (Rational(1, 0),)}, {}).altitude_m is None


DAY = datetime(2012, 9, 29, 16, 11, 25)
CLOCK = (Rational(23), Rational(11), Rational(2563, 100))


def test_gps_clock():
    stamped = {GPS.GPSTimeStamp: CLOCK, GPS.GPSDateStamp: "2012:09:30"}
    assert read_utc(stamped, DAY) == datetime(2012, 9, 30, 23, 11, 25, 630_000)
    assert read_utc({GPS.GPSTimeStamp: CLOCK}, DAY) == datetime(2012, 9, 29, 23, 11, 25, 630_000)


@pytest.mark.parametrize(
    "clock", [None, (), (Rational(1),), (Rational(0, 0),) * 3, (Rational(99),) * 3, "12:00:00"]
)
def test_no_gps_clock(clock):
    assert read_utc({GPS.GPSTimeStamp: clock} if clock is not None else {}, DAY) is None


APPLE = {
    "exif:GPSLatitude": "47.6205",
    "exif:GPSLatitudeRef": "N",
    "exif:GPSLongitude": "122.3493",
    "exif:GPSLongitudeRef": "W",
    "exif:GPSAltitude": "63.631790123456788",
    "exif:GPSAltitudeRef": "0",
}


def test_decimal_degrees_with_their_directions_apart():
    place = read_position({}, {}, APPLE)
    assert place == GpsPosition(47.6205, -122.3493, 63.631790123456788, ContextSource.SIDECAR)
    without = {name: value for name, value in APPLE.items() if name != "exif:GPSLongitudeRef"}
    assert read_position({}, {}, without).latitude is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [
        ("60.7319", "-135.0668", (60.7319, -135.0668)),  # icloudpd
        ("48.8584", "+2.2945", (48.8584, 2.2945)),
        ("-22.9068S", "43.1729w", (-22.9068, -43.1729)),
        ("48,51.5n", "2,17,40.2e", (48 + 51.5 / 60, 2 + 17 / 60 + 40.2 / 3600)),
        ("48,51.5", "2,17.67", (None, None)),
        ("48", "2", (None, None)),
        ("-91.5", "2.5", (None, None)),
    ],
)
def test_degrees_with_a_sign_and_without_directions(latitude, longitude, place):
    found = read_position({}, {"exif:GPSLatitude": latitude, "exif:GPSLongitude": longitude})
    assert found[:2] == pytest.approx(place)


def test_a_sidecar_counts_before_the_file():
    found = read_position(gps_of(10, 20), APPLE, {})
    assert (found[:2], found.source) == ((10, 20), ContextSource.EXIF)
    found = read_position(gps_of(10, 20), {}, APPLE)
    assert (found.latitude, found.source) == (47.6205, ContextSource.SIDECAR)
    assert read_position({}, APPLE).source is ContextSource.EMBEDDED_XMP


def test_an_altitude_belongs_to_its_place():
    height = {GPS.GPSAltitude: (Rational(90),)}
    elsewhere = {"exif:GPSLatitude": "11,0N", "exif:GPSLongitude": "20,0E"}
    assert read_position(gps_of(10, 20) | height, {}, elsewhere).altitude_m is None
    nearby = {"exif:GPSLatitude": "10,0.1N", "exif:GPSLongitude": "20,0E"}
    assert read_position(gps_of(10, 20) | height, {}, nearby).altitude_m == 90
    assert read_position(height, {}, elsewhere).altitude_m == 90  # the file has no place
