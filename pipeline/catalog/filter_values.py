"""Values of filters, read from texts: places on the ground, times, and lists of photos."""

from __future__ import annotations

import math
import os
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from schemas.errors import UsageError
from schemas.path_text import path_text

STANDARD_INPUT = "-"
_PHOTO_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class GeoCircle:
    """A circle on the ground: degrees and kilometres."""

    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class PhotoList:
    """Photos that a file lists. Equal lists are of one source; its photos are not shown."""

    source: str  # a file, or - for the standard input
    ids: tuple[str, ...] = field(default=(), repr=False)  # photo_id of each
    paths: tuple[str, ...] = field(default=(), repr=False)  # as the catalog holds them

    def __str__(self) -> str:
        """Return the source: a list may be long."""
        return self.source


def parse_photo_list(option: str, text: str) -> PhotoList:
    """Read ids or paths of photos, one a line, from a file or, for -, the standard input.

    Raises UsageError where it cannot be read or lists nothing.
    """
    name = "the standard input" if text == STANDARD_INPUT else text
    try:
        if text == STANDARD_INPUT:
            data = sys.stdin.buffer.read()
        else:
            data = Path(text).expanduser().read_bytes()
    except OSError as error:
        raise UsageError(
            f"{option} {name}: {error.strerror}",
            "Give a file with an id or a path of a photo on each line, as 'query --format paths' "
            "writes it, or - for the standard input.",
        ) from error
    if b"\0" in data:
        raise UsageError(f"{option} {name} is no list: it is not a text file")
    lines = [os.fsdecode(line) for line in data.removeprefix(b"\xef\xbb\xbf").splitlines() if line]
    ids = tuple(line for line in lines if _PHOTO_ID.fullmatch(line))
    paths = (line for line in lines if not _PHOTO_ID.fullmatch(line))
    if not lines:
        raise UsageError(f"{option} {name} lists no photos", "Write an id or a path on each line.")
    return PhotoList(text, ids, tuple(path_text(_absolute(path)) for path in paths))


def _absolute(path: str) -> str:
    if re.match(r"[A-Za-z]:\\", path):
        return path
    # An unknown ~user stays as it is, and so do links.
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111


@dataclass(frozen=True, slots=True)
class GeoArea:
    """An area between parallels and meridians, in degrees.

    The north and east edges belong to the next area, except at the pole and at 180 degrees.
    """

    south: float
    west: float
    north: float
    east: float

    def __str__(self) -> str:
        return f"{self.south},{self.west},{self.north},{self.east}"


def parse_area(option: str, text: str) -> GeoArea:
    """Read SOUTH,WEST,NORTH,EAST. Raises UsageError."""
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError:
        south = west = north = east = math.nan
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise UsageError(
            f"{option} '{text}' is not an area on the ground",
            "Write SOUTH,WEST,NORTH,EAST in degrees, as in 48,11,48.5,12.",
        )
    return GeoArea(south, west, north, east)


def parse_circle(option: str, text: str) -> GeoCircle:
    """Read LAT,LON,KM. Raises UsageError."""
    try:
        latitude, longitude, radius = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = radius = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and radius > 0):
        raise UsageError(
            f"{option} '{text}' is not a circle on the ground",
            "Write LAT,LON,KM in degrees, as in 48.8584,2.2945,5.",
        )
    return GeoCircle(latitude, longitude, radius)


def parse_folder(_option: str, text: str) -> str:
    """Return a folder as an absolute path, whether it exists or not."""
    return _absolute(text)


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
            f"{option} '{text}' is not a time",
            "Write a year, a month, a day or a time: 2019, 2019-07, 2019-07-14, 2019-07-14T18:30.",
        ) from error
