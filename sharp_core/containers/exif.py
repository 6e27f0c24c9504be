"""EXIF blocks -> their directories, entry by entry, as they are stored (Exif 3.0, 4.6).

A block begins with a TIFF header; its first directory leads to the Exif, the GPS and the
interoperability directory, and the one that follows it describes a thumbnail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sharp_core.containers.tiff import Entry, TiffReader

EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x8769, 0x8825, 0xA005
_EXIF_VERSION = 0x9000  # every Exif directory has one
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202

_TIFF_HEADER = re.compile(rb"II\*\x00|MM\x00\*")
_TIFF_HEADER_SEARCH = 32  # bytes: an offset, "Exif\0\0" or a JPEG marker may come before it

Entries = Mapping[int, Entry]


class Span(NamedTuple):
    """Where something lies in a block, in bytes."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Exif:
    """The directories of EXIF, by tag."""

    image: Entries = field(default_factory=dict)
    exif: Entries = field(default_factory=dict)
    gps: Entries = field(default_factory=dict)
    interop: Entries = field(default_factory=dict)
    thumbnail: Span | None = None  # a JPEG inside the block


def block_in(content: bytes) -> bytes:
    """Return the block that what a container holds as EXIF begins with; nothing for none."""
    header = _TIFF_HEADER.search(content, 0, _TIFF_HEADER_SEARCH)
    return content[header.start() :] if header else b""


def read_exif(block: bytes) -> Exif:
    """Read one block; what is damaged in it is missing. Raises nothing.

    The work on a hostile block is bounded: see `TiffReader`, and no directory is read twice.
    """
    reader = TiffReader(block)
    read = {0}

    def directory(offset: int) -> Entries:
        if offset in read:
            return {}
        read.add(offset)
        return reader.directory(offset).entries

    first = reader.first_offset
    if not first:
        return Exif()
    image, next_offset, _ = reader.directory(first)
    read.add(first)
    exif = directory(_number(image, EXIF_IFD))
    # Some programs put the pointers to the others into the wrong one of the two.
    gps = directory(_number(image, GPS_IFD) or _number(exif, GPS_IFD))
    interop = directory(_number(exif, INTEROP_IFD) or _number(image, INTEROP_IFD))
    return Exif(image, exif, gps, interop, _thumbnail(directory(next_offset), len(block)))


def read_exif_blocks(blocks: Iterable[bytes], gps_block: bytes | None = None) -> Exif:
    """Read the blocks of one file as one; where two have a tag, the first one's counts.

    `gps_block` is one whose first directory is a GPS directory. Raises nothing.
    """
    image: Entries = {}
    exif: Entries = {}
    gps: Entries = {}
    interop: Entries = {}
    for block in blocks:
        found = read_exif(block)
        if _EXIF_VERSION in found.image and not found.exif:
            # CR3 keeps its Exif directory as the first one of a block of its own.
            found = replace(found, exif=found.image)
        image = {**found.image, **image}
        exif = {**found.exif, **exif}
        gps = {**found.gps, **gps}
        interop = {**found.interop, **interop}
    if gps_block:
        gps = {**read_exif(gps_block).image, **gps}
    return Exif(image, exif, gps, interop)


def _number(entries: Entries, tag: int) -> int:
    values = entries[tag].integers() if tag in entries else ()
    return values[0] if values else 0


def _thumbnail(entries: Entries, size: int) -> Span | None:
    place = Span(_number(entries, _THUMBNAIL_OFFSET), _number(entries, _THUMBNAIL_LENGTH))
    return place if place.length > 0 and 0 < place.offset <= size - place.length else None
