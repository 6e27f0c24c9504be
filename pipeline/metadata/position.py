"""Where a photo was taken: GPS tags -> degrees and metres, and the receiver's clock."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from PIL.ExifTags import GPS

from pipeline.metadata.time import parse_time
from schemas.context import ContextSource
from sharp_core.containers.exif_values import TagValue, as_number, as_text

# XMP, part 2, section 1.2.7.4 (GPSCoordinate): "41,50,30N" or "41,50.508W". Apple Photos writes
# decimal degrees and the direction as a property of its own, icloudpd degrees with a sign.
_XMP_COORDINATE = re.compile(
    r"\s*([+-]?)(\d+(?:\.\d*)?)(?:,\s*(\d+(?:\.\d*)?))?(?:,\s*(\d+(?:\.\d*)?))?\s*([NSEW]?)\s*",
    re.IGNORECASE,
)
_NEARBY_DEGREES = 0.01  # about a kilometre
_LOWEST_M, _HIGHEST_M = -11_000.0, 100_000.0  # the deepest sea; the edge of space
_BELOW_SEA_LEVEL = {1, 3}  # Exif 3.0, GPSAltitudeRef: 3 is 1 on the ellipsoid


Xmp = Mapping[str, str]


class GpsPosition(NamedTuple):
    """Latitude and longitude in degrees, south and west negative: both are known or neither is."""

    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None  # below sea level negative
    source: ContextSource | None = None

    def is_near(self, other: GpsPosition) -> bool:
        """Say whether another position, or one of unknown place, may have the same altitude."""
        if self.latitude is None or self.longitude is None:
            return False
        if other.latitude is None or other.longitude is None:
            return True
        return (
            abs(self.latitude - other.latitude) <= _NEARBY_DEGREES
            and abs(self.longitude - other.longitude) <= _NEARBY_DEGREES
        )


def read_position(gps: Mapping[int, TagValue], xmp: Xmp, sidecar: Xmp | None = None) -> GpsPosition:
    """Read the place from the sidecar, from EXIF, or from the file's XMP: the first that has one.

    A person's correction in the sidecar counts before what the camera wrote. An altitude belongs to
    the place that it comes with, and to others nearby.
    """
    found = [
        position
        for position in (
            _in_xmp(sidecar or {}, ContextSource.SIDECAR),
            _in_exif(gps),
            _in_xmp(xmp, ContextSource.EMBEDDED_XMP),
        )
        if position != GpsPosition()
    ]
    first = next((position for position in found if position.latitude is not None), None)
    if first is None:  # at most an altitude is known
        return next(iter(found), GpsPosition())._replace(source=None)
    altitudes = (other.altitude_m for other in found if first.is_near(other))
    return first._replace(altitude_m=next((a for a in altitudes if a is not None), None))


def _in_exif(gps: Mapping[int, TagValue]) -> GpsPosition:
    latitude = _from_exif(gps, GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS")
    longitude = _from_exif(gps, GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW")
    altitude = as_number(gps.get(GPS.GPSAltitude))
    below = as_number(gps.get(GPS.GPSAltitudeRef))
    return position_of(latitude, longitude, altitude, below, ContextSource.EXIF)


def _in_xmp(xmp: Xmp, source: ContextSource) -> GpsPosition:
    has_directions = "exif:GPSLatitudeRef" in xmp or "exif:GPSLongitudeRef" in xmp
    latitude = _from_xmp(xmp, "exif:GPSLatitude", "NS", has_directions)
    longitude = _from_xmp(xmp, "exif:GPSLongitude", "EW", has_directions)
    altitude = as_number(xmp.get("exif:GPSAltitude"))
    below = as_number(xmp.get("exif:GPSAltitudeRef"))
    return position_of(latitude, longitude, altitude, below, source)


def position_of(
    latitude: float | None,
    longitude: float | None,
    altitude: float | None = None,
    below: float | None = None,
    source: ContextSource | None = None,
) -> GpsPosition:
    """Return what of a position makes sense. Zero degrees in both is what unset receivers write."""
    if altitude is not None and below in _BELOW_SEA_LEVEL:
        altitude = -abs(altitude)
    if altitude is not None and not _LOWEST_M <= altitude <= _HIGHEST_M:
        altitude = None
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        latitude = longitude = None
    elif latitude == longitude == 0:
        latitude = longitude = None
        altitude = altitude or None
    known = (latitude, longitude, altitude)
    return GpsPosition() if known == (None, None, None) else GpsPosition(*known, source)


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


def _from_xmp(xmp: Xmp, name: str, directions: str, has_directions: bool) -> float | None:
    match = _XMP_COORDINATE.fullmatch(xmp.get(name, ""))
    if not match:
        return None
    sign, degrees, minutes, seconds, direction = match.groups()
    direction = (direction or xmp.get(f"{name}Ref", "")[:1]).upper()
    if not direction and minutes is None and "." in degrees and not has_directions:
        direction = directions[sign == "-"]
    if not direction or direction not in directions:
        return None
    value = float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return -value if direction == directions[1] else value
