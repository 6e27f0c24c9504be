"""EXIF blocks -> their tags by number, as text or as exact fractions.

A block is a TIFF file: a header and directories (IFDs) of tags (TIFF 6.0, section 2; Exif 3.0).
Damage costs the tags that it hits and no others: a tag that cannot be read is a missing one.

The libraries' readers do not do here. exifread believes every count, so that a few hundred damaged
bytes keep it busy for a second and a large file for as long as it likes, and it reduces fractions
whose terms Canon gives a meaning. Pillow drops the rest of a directory after one wrong offset.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL.ExifTags import IFD

_ORDERS = {b"II": "<", b"MM": ">"}
_TEXT_TYPES = {2, 7}  # ASCII, and UNDEFINED where a camera has mistaken it for that
_FRACTION_TYPES = {5: "II", 10: "ii"}
_NUMBER_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_MOST_VALUES = 16  # of one tag: what matters here has three at most
_MOST_TEXT = 1024  # bytes
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:/\s*(\d+))?")


class Rational(NamedTuple):
    """A fraction as the camera wrote it, not reduced: some makers say something by the terms."""

    numerator: float
    denominator: float = 1

    def __float__(self) -> float:
        return self.numerator / self.denominator if self.denominator else math.nan


TagValue = str | tuple[Rational, ...]


@dataclass(frozen=True, slots=True)
class ExifFields:
    """The tags of one file by their EXIF numbers. `main` is IFD0 and the Exif IFD together."""

    main: Mapping[int, TagValue] = field(default_factory=dict)
    gps: Mapping[int, TagValue] = field(default_factory=dict)


def read_exif(blocks: Iterable[bytes], gps_block: bytes | None = None) -> ExifFields:
    """Read EXIF blocks; of a tag that is there twice the first counts. Raises nothing.

    `gps_block` is one whose first directory is a GPS IFD.
    """
    main: dict[int, TagValue] = {}
    gps: dict[int, TagValue] = {}
    for block in blocks:
        found = _read_directory(block, _first_directory(block))
        found = _read_directory(block, as_number(found.get(IFD.Exif))) | found
        main = found | main
        gps = _read_directory(block, as_number(found.get(IFD.GPSInfo))) | gps
    if gps_block:
        gps |= _read_directory(gps_block, _first_directory(gps_block))
    return ExifFields(main, gps)


def as_text(value: TagValue | None) -> str | None:
    """Return a tag's text without padding, or None where there is none."""
    text = value.partition("\0")[0].strip() if isinstance(value, str) else ""
    return text or None


def as_rational(value: TagValue | None) -> Rational | None:
    """Return a tag's first number; text such as "250/1" counts as one too."""
    if isinstance(value, tuple):
        return value[0] if value else None
    number = _NUMBER.match(value or "")
    return Rational(float(number[1]), float(number[2] or 1)) if number else None


def as_number(value: TagValue | None) -> float | None:
    """Return a tag's first number if it is finite."""
    rational = as_rational(value)
    return float(rational) if rational and math.isfinite(float(rational)) else None


def _first_directory(block: bytes) -> int | None:
    order = _ORDERS.get(block[:2])
    if order is None or len(block) < 8:
        return None
    return int(struct.unpack_from(order + "I", block, 4)[0])


def _read_directory(block: bytes, offset: float | None) -> dict[int, TagValue]:
    """Read the directory at `offset` as far as it lies within the block."""
    if offset is None or not 8 <= offset <= len(block) - 2:
        return {}
    order = _ORDERS[block[:2]]
    first = int(offset) + 2
    (count,) = struct.unpack_from(order + "H", block, first - 2)
    tags: dict[int, TagValue] = {}
    for entry in range(first, min(first + 12 * count, len(block) - 11), 12):
        tag, kind, length = struct.unpack_from(order + "HHI", block, entry)
        value = _read_value(block, order, entry + 8, kind, length)
        if value:
            tags.setdefault(tag, value)
    return tags


def _read_value(block: bytes, order: str, at: int, kind: int, length: int) -> TagValue | None:
    terms = "s" if kind in _TEXT_TYPES else _FRACTION_TYPES.get(kind) or _NUMBER_TYPES.get(kind)
    if terms is None:
        return None
    if length * struct.calcsize(order + terms) > 4:
        (at,) = struct.unpack_from(order + "I", block, at)
    if terms == "s":
        return _decode(block[at : at + min(length, _MOST_TEXT)])
    layout = order + terms * min(length, _MOST_VALUES)
    if at + struct.calcsize(layout) > len(block):
        return None
    numbers = struct.unpack_from(layout, block, at)
    if kind in _FRACTION_TYPES:
        return tuple(map(Rational, numbers[::2], numbers[1::2]))
    return tuple(map(Rational, numbers))


def _decode(text: bytes) -> str:
    text = text.partition(b"\0")[0]
    try:
        return text.decode()
    except UnicodeDecodeError:  # cameras older than UTF-8
        return text.decode("latin-1")
