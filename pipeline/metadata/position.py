"""Where a photo was taken: GPS tags -> degrees and metres, and the receiver's clock."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from PIL.ExifTags import GPS

from pipeline.metadata.time import parse_time
from sharp_core.containers.exif_values import TagValue, as_number, as_text

# XMP, part 2, section 1.2.7.4 (GPSCoordinate): "41,50,30N" or "41,50.508W".
_XMP_COORDINATE = re.compile(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])")
_LOWEST_M, _HIGHEST_M = -11_000.0, 100_000.0  # the deepest sea; the edge of space
_BELOW_SEA_LEVEL = {1, 3}  # Exif 3.0, GPSAltitudeRef: 3 is 1 on the ellipsoid


class GpsPosition(NamedTuple):
    """Latitude and longitude in degrees, south and west negative: both are known or neither is."""

    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None  # below sea level negative


def read_position(gps: Mapping[int, TagValue], xmp: Mapping[str, str]) -> GpsPosition:
    """Read the place from EXIF, or from XMP where EXIF has none."""
    latitude = _from_exif(gps, GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS")
    longitude = _from_exif(gps, GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW")
    if latitude is None or longitude is None:
        latitude = _from_xmp(xmp.get("exif:GPSLatitude"))
        longitude = _from_xmp(xmp.get("exif:GPSLongitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        latitude = longitude = None
    altitude = as_number(gps.get(GPS.GPSAltitude))
    below = as_number(gps.get(GPS.GPSAltitudeRef))
    if altitude is None:
        altitude = as_number(xmp.get("exif:GPSAltitude"))
        below = as_number(xmp.get("exif:GPSAltitudeRef"))
    if altitude is not None and below in _BELOW_SEA_LEVEL:
        altitude = -abs(altitude)
    if altitude is not None and not _LOWEST_M <= altitude <= _HIGHEST_M:
        altitude = None
    return GpsPosition(latitude, longitude, altitude)


def read_utc(gps: Mapping[int, TagValue], day_if_missing: datetime) -> datetime | None:
    """Read the receiver's clock; without its date, the day is that of `day_if_missing`."""
    clock = gps.get(GPS.GPSTimeStamp)
    if not isinstance(clock, tuple) or len(clock) != 3:
        return None
    seconds = sum(float(part) * unit for part, unit in zip(clock, (3600, 60, 1), strict=True))
    if not 0 <= seconds < 86_400:  # not a number fails too
        return None
    stamp = parse_time(as_text(gps.get(GPS.GPSDateStamp)))
    day = (stamp.local if stamp else day_if_missing).date()
    return datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)


def _from_exif(
    gps: Mapping[int, TagValue], tag: GPS, ref_tag: GPS, directions: str
) -> float | None:
    """Read degrees, minutes and seconds. Without its direction a coordinate could be anywhere."""
    parts = gps.get(tag)
    direction = (as_text(gps.get(ref_tag)) or "?")[0].upper()
    if not isinstance(parts, tuple) or not parts or direction not in directions:
        return None
    # Cameras that give minutes with decimals write 0/0 seconds.
    values = [float(parts[0]), *(float(p) if p.denominator else 0.0 for p in parts[1:3])]
    degrees = sum(v / unit for v, unit in zip(values, (1, 60, 3600), strict=False))
    if not math.isfinite(degrees):
        return None
    return -abs(degrees) if direction == directions[1] else degrees


def _from_xmp(text: str | None) -> float | None:
    match = _XMP_COORDINATE.match(text or "")
    if not match:
        return None
    degrees = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -degrees if match[4] in "SW" else degrees
