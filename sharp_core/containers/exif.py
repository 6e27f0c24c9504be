"""EXIF blocks, entry by entry, as bytes: so that what is carried over stays exactly what it was.

A block begins with a TIFF header; its first directory leads to the Exif and the GPS directory
(Exif 3.0, 4.6). Values are held in big-endian order, whatever the order of their block was.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SLONG, SRATIONAL, IFD = 1, 2, 3, 4, 5, 7, 9, 10, 13
EXIF_IFD, GPS_IFD = 0x8769, 0x8825

# Bytes of a value, and of the numbers that it is made of and that have a byte order.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_ORDERED = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
_HEADER = b"MM\0*\0\0\0\x08"
_MOST_BYTES = 60_000  # of a block: JPEG has room for 65,533 with what surrounds it
_MOST_DENOMINATOR = 1_000_000


class Entry(NamedTuple):
    """One entry of a directory: its type, the number of its values, and they in big-endian."""

    kind: int
    values: int
    data: bytes


Directory = Mapping[int, Entry]


@dataclass(frozen=True, slots=True)
class Exif:
    """The directories of an EXIF block, by tag."""

    image: Directory = field(default_factory=dict)
    exif: Directory = field(default_factory=dict)
    gps: Directory = field(default_factory=dict)


def read_exif(block: bytes) -> Exif:
    """Read a block; what is damaged in it is missing. Raises nothing."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return Exif()
    image = _read_directory(block, order, *struct.unpack_from(f"{order}I", block, 4))
    exif, gps = (
        _read_directory(block, order, int.from_bytes(image[tag].data[:4], "big"))
        if tag in image and image[tag].kind in (LONG, IFD)
        else {}
        for tag in (EXIF_IFD, GPS_IFD)
    )
    return Exif(image, exif, gps)


def exif_bytes(exif: Exif) -> bytes:
    """Return a block, big-endian, without thumbnail. The largest values go where it is too long."""
    while True:
        block = _write(exif)
        if len(block) <= _MOST_BYTES:
            return block
        sizes = [
            (len(entry.data), name, tag)
            for name in ("image", "exif", "gps")
            for tag, entry in getattr(exif, name).items()
        ]
        _, name, tag = max(sizes)
        directories = {"image": exif.image, "exif": exif.exif, "gps": exif.gps}
        directories[name] = {t: e for t, e in directories[name].items() if t != tag}
        exif = Exif(**directories)


def text_entry(text: str) -> Entry:
    """Return text as UTF-8, which most readers take where Exif 2 has ASCII alone."""
    data = text.encode("utf-8", "replace") + b"\0"
    return Entry(ASCII, len(data), data)


def number_entry(kind: int, *values: int) -> Entry:
    """Return whole numbers: BYTE, SHORT or LONG."""
    size = _SIZES[kind]
    return Entry(kind, len(values), b"".join(value.to_bytes(size, "big") for value in values))


def rational_entry(*values: float | Fraction) -> Entry:
    """Return numbers of zero and above as fractions."""
    fractions = [
        Fraction(value).limit_denominator(max(1, int(_MOST_DENOMINATOR / max(value, 1))))
        for value in values
    ]
    data = b"".join(struct.pack(">II", f.numerator, f.denominator) for f in fractions)
    return Entry(RATIONAL, len(values), data)


def _read_directory(block: bytes, order: str, offset: int) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    if offset + 2 > len(block):
        return found
    (count,) = struct.unpack_from(f"{order}H", block, offset)
    for at in range(offset + 2, min(offset + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", block, at)
        size = _SIZES.get(kind, 0) * length
        value_at = at + 8
        if size > 4:
            (value_at,) = struct.unpack_from(f"{order}I", block, at + 8)
        data = block[value_at : value_at + size]
        if size and len(data) == size and tag not in found:
            found[tag] = Entry(kind, length, _big_endian(data, kind, order))
    return found


def _big_endian(data: bytes, kind: int, order: str) -> bytes:
    step = _ORDERED.get(kind, 1)
    if order == ">" or step == 1:
        return data
    return b"".join(data[at : at + step][::-1] for at in range(0, len(data), step))


def _write(exif: Exif) -> bytes:
    pointers = {
        tag: number_entry(LONG, 0)
        for tag, entries in ((EXIF_IFD, exif.exif), (GPS_IFD, exif.gps))
        if entries
    }
    at = len(_HEADER)
    image = {**exif.image, **pointers}
    exif_at = at + len(_write_directory(image.items(), at))
    gps_at = exif_at + len(_write_directory(exif.exif.items(), exif_at)) * bool(exif.exif)
    places = {EXIF_IFD: exif_at, GPS_IFD: gps_at}
    image |= {tag: number_entry(LONG, places[tag]) for tag in pointers}
    block = _HEADER + _write_directory(image.items(), at)
    for entries, start in ((exif.exif, exif_at), (exif.gps, gps_at)):
        block += _write_directory(entries.items(), start) if entries else b""
    return block


def _write_directory(entries: Iterable[tuple[int, Entry]], at: int) -> bytes:
    """Return a directory that lies at an offset, with its values behind it; none follows it."""
    ordered = sorted(entries)
    values_at = at + 2 + 12 * len(ordered) + 4
    packed, values = struct.pack(">H", len(ordered)), b""
    for tag, (kind, count, data) in ordered:
        packed += struct.pack(">HHI", tag, kind, count)
        if len(data) <= 4:
            packed += data.ljust(4, b"\0")
        else:
            packed += struct.pack(">I", values_at + len(values))
            values += data + b"\0" * (len(data) % 2)  # TIFF's values begin at even offsets
    return packed + bytes(4) + values
