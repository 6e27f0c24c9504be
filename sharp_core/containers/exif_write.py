"""EXIF entries and blocks as bytes: what is carried over of a photo stays exactly what it was."""

from __future__ import annotations

import struct
from fractions import Fraction

from sharp_core.containers.exif import EXIF_IFD, GPS_IFD, INTEROP_IFD, Entries, Exif
from sharp_core.containers.tiff import (
    ASCII,
    LONG,
    RATIONAL,
    TIFF_HEADER,
    Entry,
    directory_bytes,
    integer_entry,
)

_MOST_BYTES = 60_000  # of a block: JPEG has room for 65,533 with what surrounds it
_MOST_DENOMINATOR = 1_000_000
_POINTERS = {EXIF_IFD, GPS_IFD, INTEROP_IFD}


def exif_bytes(exif: Exif) -> bytes:
    """Return a block of the first three directories, big-endian.

    The largest values are left out where it is too long.
    """
    while True:
        block = _write(exif)
        if len(block) <= _MOST_BYTES:
            return block
        directories: dict[str, Entries] = {"image": exif.image, "exif": exif.exif, "gps": exif.gps}
        _, name, tag = max(
            (len(entry.data), name, tag)
            for name, entries in directories.items()
            for tag, entry in entries.items()
        )
        directories[name] = {t: entry for t, entry in directories[name].items() if t != tag}
        exif = Exif(directories["image"], directories["exif"], directories["gps"])


def text_entry(text: str) -> Entry:
    """Return text as UTF-8, which most readers take where Exif 2 has ASCII alone."""
    data = text.encode("utf-8", "replace") + b"\0"
    return Entry(ASCII, len(data), data)


def rational_entry(*values: float | Fraction) -> Entry:
    """Return numbers of zero and above as fractions."""
    fractions = [
        Fraction(value).limit_denominator(max(1, int(_MOST_DENOMINATOR / max(value, 1))))
        for value in values
    ]
    data = b"".join(struct.pack(">II", f.numerator, f.denominator) for f in fractions)
    return Entry(RATIONAL, len(values), data)


def _write(exif: Exif) -> bytes:
    """Write the first directory, and behind it those that it points to."""
    others = {tag: e for tag, e in ((EXIF_IFD, exif.exif), (GPS_IFD, exif.gps)) if e}
    own = {tag: entry for tag, entry in exif.image.items() if tag not in _POINTERS}
    image = own | {tag: integer_entry(LONG, 0) for tag in others}
    at = len(TIFF_HEADER) + len(directory_bytes(image, len(TIFF_HEADER)))
    behind = b""
    for tag, entries in others.items():
        image[tag] = integer_entry(LONG, at + len(behind))
        behind += directory_bytes(entries, at + len(behind))
    return TIFF_HEADER + directory_bytes(image, len(TIFF_HEADER)) + behind
