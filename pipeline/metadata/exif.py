"""EXIF blocks -> their tags by number, as text or as exact fractions.

exifread reads a block, as it loses least to damage. Pillow fills in what exifread lacks: everything
where exifread gives up, and the terms of fractions, which exifread reduces. A tag that cannot be
read is a missing one.
"""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import exifread
from exifread.core.ifd_tag import IfdTag
from exifread.tags.fields import FieldType
from exifread.utils import Ratio
from PIL import Image
from PIL.ExifTags import IFD
from PIL.TiffImagePlugin import IFDRational

from pipeline.decode.open import without_warnings

# Its warnings name no file, and what they say is in the result: a tag is missing.
logging.getLogger("exifread").setLevel(logging.CRITICAL)

# Both readers believe the counts that damage has written. Sound photos need up to 1,000 reads, and
# 3,000 take some 30 milliseconds. The bytes bound what is read at once.
_MOST_READS = 3000
_MOST_BYTES = 1 << 20
_MOST_VALUES = 16  # of one tag: what matters here has three at most
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:/\s*(\d+))?")


class Rational(NamedTuple):
    """A fraction as the camera wrote it, not reduced: some makers say something by the terms."""

    numerator: float
    denominator: float = 1

    def __float__(self) -> float:
        return self.numerator / self.denominator if self.denominator else math.nan


TagValue = str | tuple[Rational, ...]
Tags = Mapping[int, TagValue]


@dataclass(frozen=True, slots=True)
class ExifFields:
    """The tags of one file by their EXIF numbers. `main` is IFD0 and the Exif IFD together."""

    main: Tags = field(default_factory=dict)
    gps: Tags = field(default_factory=dict)


def read_exif(blocks: Iterable[bytes], gps_block: bytes | None = None) -> ExifFields:
    """Read EXIF blocks; where two have a tag, the first one's counts. Raises nothing.

    `gps_block` is one whose first directory is a GPS IFD.
    """
    main: dict[int, TagValue] = {}
    gps: dict[int, TagValue] = {}
    for block in blocks:
        found = _read_block(block)
        main = {**found.main, **main}
        gps = {**found.gps, **gps}
    if gps_block:
        gps = {**_read_block(gps_block).main, **gps}
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


class _BoundedFile(io.BytesIO):
    """A block that ends a reading that goes on and on, by the error that readers expect."""

    def __init__(self, block: bytes) -> None:
        super().__init__(block)
        self._reads_left = _MOST_READS
        self._bytes_left = _MOST_BYTES

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._reads_left -= 1
        self._bytes_left -= len(data)
        if self._reads_left < 0 or self._bytes_left < 0:
            raise OSError("damaged EXIF")
        return data


def _read_block(block: bytes) -> ExifFields:
    found, filling = _read_with_exifread(block), _read_with_pillow(block)
    return ExifFields(_fill(found.main, filling.main), _fill(found.gps, filling.gps))


def _fill(found: Tags, filling: Tags) -> Tags:
    fractions = {tag: value for tag, value in filling.items() if _is_fraction(value)}
    return {**filling, **found, **fractions}


def _is_fraction(value: TagValue) -> bool:
    return not isinstance(value, str) and any(number.denominator != 1 for number in value)


def _read_with_exifread(block: bytes) -> ExifFields:
    main: dict[int, TagValue] = {}
    gps: dict[int, TagValue] = {}
    with suppress(Exception):
        tags = exifread.process_file(_BoundedFile(block), details=False, extract_thumbnail=False)
        for name, tag in tags.items():
            fields = {"Image": main, "EXIF": main, "GPS": gps}.get(name.partition(" ")[0])
            if fields is not None and tag.values:
                fields.setdefault(tag.tag, _from_exifread(tag))
    return ExifFields(main, gps)


def _from_exifread(tag: IfdTag) -> TagValue:
    if isinstance(tag.values, str):
        return tag.values
    if isinstance(tag.values, bytes):  # text that is not UTF-8
        return _decode(tag.values)
    if tag.field_type is FieldType.UNDEFINED:  # where a camera has mistaken it for text
        return _decode(bytes(tag.values))
    values = tag.values[:_MOST_VALUES]
    return tuple(_rational(v[0] if isinstance(v, tuple) else v) for v in values)  # (float,)


def _read_with_pillow(block: bytes) -> ExifFields:
    main: dict[int, TagValue] = {}
    gps: dict[int, TagValue] = {}
    with suppress(Exception), without_warnings():
        exif = Image.Exif()
        exif.load_from_fp(_BoundedFile(block))
        _add_from_pillow(main, exif)
        _add_from_pillow(main, exif.get_ifd(IFD.Exif))
        _add_from_pillow(gps, exif.get_ifd(IFD.GPSInfo))
    return ExifFields(main, gps)


def _add_from_pillow(fields: dict[int, TagValue], tags: Mapping[int, object]) -> None:
    for tag, value in tags.items():
        fields.setdefault(tag, _from_pillow(value))


def _from_pillow(value: object) -> TagValue:
    if isinstance(value, str):  # decoded as Latin-1, whatever it was
        return _decode(value.encode("latin-1"))
    if isinstance(value, bytes) and len(value) > 1:  # a single byte is a number
        return _decode(value)
    values = value if isinstance(value, (tuple, bytes)) else (value,)
    return tuple(map(_rational, values[:_MOST_VALUES]))


def _rational(value: float | Ratio | IFDRational) -> Rational:
    if isinstance(value, (int, Ratio, IFDRational)):
        return Rational(int(value.numerator), int(value.denominator))
    return Rational(float(value))


def _decode(text: bytes) -> str:
    text = text.partition(b"\0")[0]
    try:
        return text.decode()
    except UnicodeDecodeError:  # cameras older than UTF-8
        return text.decode("latin-1")
