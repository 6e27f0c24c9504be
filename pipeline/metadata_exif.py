"""EXIF blocks -> their tags, by number, as text or as exact fractions.

exifread reads a block, and Pillow where exifread gives up on a damaged one: exifread stands more
damage, Pillow never fails as a whole. A tag that makes no sense is a missing tag.
"""

from __future__ import annotations

import io
import logging
import math
import re
import struct
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import exifread
from exifread.core.ifd_tag import IfdTag
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

# Its warnings name no file, and what they say is in the result: a tag is missing.
logging.getLogger("exifread").setLevel(logging.CRITICAL)

_RATIONAL_TYPES = {5: "II", 10: "ii"}  # TIFF 6.0, section 2: unsigned and signed
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
    """Read EXIF blocks; where two have a tag, the first one's counts. Raises nothing."""
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


def _read_block(block: bytes) -> ExifFields:
    try:
        tags = exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
    except Exception:
        return _read_block_with_pillow(block)
    main: dict[int, TagValue] = {}
    gps: dict[int, TagValue] = {}
    for key, tag in tags.items():
        fields = {"Image": main, "EXIF": main, "GPS": gps}.get(key.partition(" ")[0])
        if fields is not None and isinstance(tag, IfdTag):
            fields.setdefault(tag.tag, _from_exifread(tag, block))
    return ExifFields(main, gps)


def _from_exifread(tag: IfdTag, block: bytes) -> TagValue:
    if isinstance(tag.values, str):
        return tag.values
    if isinstance(tag.values, bytes):  # text that is not UTF-8
        return tag.values.decode("latin-1")
    if terms := _RATIONAL_TYPES.get(tag.field_type):  # exifread reduces its fractions
        layout = struct.Struct((">" if block.startswith(b"MM") else "<") + terms)
        values = block[tag.field_offset : tag.field_offset + layout.size * len(tag.values)]
        whole = values[: len(values) // layout.size * layout.size]
        return tuple(Rational(*pair) for pair in layout.iter_unpack(whole))
    flat = (v[0] if isinstance(v, tuple) else v for v in tag.values)  # floats come as tuples
    return tuple(map(Rational, flat))


def _read_block_with_pillow(block: bytes) -> ExifFields:
    exif = Image.Exif()
    main: dict[int, Any] = {}
    gps: dict[int, Any] = {}
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exif.load(block)
        main.update(exif)
        main.update(exif.get_ifd(ExifTags.IFD.Exif))
        gps.update(exif.get_ifd(ExifTags.IFD.GPSInfo))
    return ExifFields(
        {tag: _from_pillow(value) for tag, value in main.items()},
        {tag: _from_pillow(value) for tag, value in gps.items()},
    )


def _from_pillow(value: object) -> TagValue:
    if isinstance(value, str):
        return value
    values = value if isinstance(value, (tuple, bytes)) else (value,)
    return tuple(
        Rational(int(v.numerator), int(v.denominator))
        if isinstance(v, IFDRational)
        else Rational(v)
        for v in values
        if isinstance(v, (int, float, IFDRational))
    )
