"""Values of filters, read from texts: circles on the ground and times."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from schemas.errors import UsageError


@dataclass(frozen=True, slots=True)
class GeoCircle:
    """A circle on the ground: degrees and kilometres."""

    latitude: float
    longitude: float
    radius_km: float


def parse_circle(option: str, text: str) -> GeoCircle:
    """Read LAT,LON,KM. Raises UsageError."""
    try:
        latitude, longitude, radius = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = radius = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and radius > 0):
        raise UsageError(
            f"{option} {text!r} is not a circle on the ground",
            "Write LAT,LON,KM in degrees, as in 48.8584,2.2945,5.",
        )
    return GeoCircle(latitude, longitude, radius)


def parse_filter_time(option: str, text: str) -> datetime:
    """Read a year, a month, a day or a time in ISO 8601. Raises UsageError."""
    padded = text
    if re.fullmatch(r"\d{4}", text):
        padded = f"{text}-01-01"
    elif re.fullmatch(r"\d{4}-\d{2}", text):
        padded = f"{text}-01"
    try:
        return datetime.fromisoformat(padded).replace(tzinfo=None)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is not a time",
            "Write a year, a month, a day or a time: 2019, 2019-07, 2019-07-14, 2019-07-14T18:30.",
        ) from error
