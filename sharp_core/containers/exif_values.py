"""The values of EXIF entries as Python has them: text, and numbers as the camera wrote them."""

from __future__ import annotations

import math
import re
import struct
from typing import NamedTuple

from sharp_core.containers.tiff import (
    ASCII,
    DOUBLE,
    FLOAT,
    RATIONAL,
    SRATIONAL,
    UNDEFINED,
    UTF8,
    Entry,
)

_MOST_VALUES = 16  # of one entry: what matters has three at most
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:/\s*(\d+))?")


class Rational(NamedTuple):
    """A fraction as the camera wrote it, not reduced: some makers say something by the terms."""

    numerator: float
    denominator: float = 1

    def __float__(self) -> float:
        return self.numerator / self.denominator if self.denominator else math.nan


TagValue = str | tuple[Rational, ...]


def value_of(entry: Entry) -> TagValue:
    """Return an entry's text, or its first 16 numbers.

    Bytes of no type count as text, which cameras write so by mistake.
    """
    kind, _, data = entry
    match kind:
        case _ if kind in (ASCII, UTF8, UNDEFINED):
            return _decode(data)
        case _ if kind in (FLOAT, DOUBLE):
            code, size = ("f", 4) if kind == FLOAT else ("d", 8)
            count = min(len(data) // size, _MOST_VALUES)
            return tuple(map(Rational, struct.unpack_from(f">{count}{code}", data)))
        case _ if kind in (RATIONAL, SRATIONAL):
            count = min(len(data) // 8, _MOST_VALUES)
            terms = struct.unpack_from(f">{2 * count}{'I' if kind == RATIONAL else 'i'}", data)
            return tuple(map(Rational, terms[::2], terms[1::2]))
        case _:
            return tuple(map(Rational, entry.integers()[:_MOST_VALUES]))


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


def _decode(text: bytes) -> str:
    text = text.partition(b"\0")[0]
    try:
        return text.decode()
    except UnicodeDecodeError:  # cameras older than UTF-8, and programs of Windows
        return text.decode("cp1252", "replace")
