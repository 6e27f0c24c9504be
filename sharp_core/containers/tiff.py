"""The directories (IFDs) of a TIFF file, of a raw file built like one, or of an EXIF block.

In: bytes that start with a TIFF header. Out: the tags that pictures are found by, as whole numbers,
and whether something that they point to lies beyond the end. Layout: TIFF 6.0 (1992), section 2;
tags of raw files: DNG 1.7 and TIFF/EP (ISO 12234-2). Nothing here raises on damaged input.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

Ifd = Mapping[int, tuple[int, ...]]  # tag number -> its values; text comes as its bytes

INTEROP_INDEX = 1  # of the interoperability directory
PHOTOMETRIC = 262
STRIP_OFFSETS = 273
ORIENTATION = 274
STRIP_BYTE_COUNTS = 279
TILE_OFFSETS = 324
TILE_BYTE_COUNTS = 325
SUB_IFDS = 330
JPEG_OFFSET = 513
JPEG_BYTE_COUNT = 514
EXIF_IFD = 34665
COLOR_SPACE = 40961
INTEROP_IFD = 40965
DNG_VERSION = 50706

_BYTE_ORDERS = {  # by a file's first bytes
    **dict.fromkeys((b"II*\0", b"IIU\0", b"IIRO", b"IIRS"), "<"),  # TIFF, RW2, ORF, ORF
    **dict.fromkeys((b"MM\0*", b"MMOR"), ">"),  # TIFF, ORF
}
_WANTED_TAGS = frozenset(
    {
        INTEROP_INDEX,
        PHOTOMETRIC,
        STRIP_OFFSETS,
        ORIENTATION,
        STRIP_BYTE_COUNTS,
        TILE_OFFSETS,
        TILE_BYTE_COUNTS,
        SUB_IFDS,
        JPEG_OFFSET,
        JPEG_BYTE_COUNT,
        EXIF_IFD,
        COLOR_SPACE,
        INTEROP_IFD,
        DNG_VERSION,
    }
)
_DATA_TAGS = (
    (STRIP_OFFSETS, STRIP_BYTE_COUNTS),
    (TILE_OFFSETS, TILE_BYTE_COUNTS),
    (JPEG_OFFSET, JPEG_BYTE_COUNT),
)
_PICTURE_PHOTOMETRICS = (0, 1, 2, 6)  # grey, RGB, YCbCr; not depth, masks and the sensor's own
_SENSOR_PHOTOMETRICS = (32803, 34892)  # colour filter array, linear raw
_ADOBE_RGB_INDEX = tuple(b"R03")
_NOWHERE = 0xFFFFFFFF  # the offset that RW2 writes where a private tag holds the true one
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 13: "I"}
_MAX_IFDS = 64
_MAX_VALUES = 1 << 14  # a 400-megapixel raw in 256-pixel tiles has 6,000


class TiffStructure(NamedTuple):
    """What was found: directories in the order met, the first one of the file first."""

    ifds: tuple[Ifd, ...] = ()
    cut_off: bool = False  # a directory, or data that one points to, lies beyond the end


def orientation(tiff: TiffStructure) -> int | None:
    """Return the first directory's orientation, if it has one."""
    return tiff.ifds[0].get(ORIENTATION, (None,))[0] if tiff.ifds else None


def is_picture(ifd: Ifd) -> bool:
    """Say whether what a directory holds is made to be looked at."""
    return ifd.get(PHOTOMETRIC, (0,))[0] in _PICTURE_PHOTOMETRICS


def is_sensor_data(ifd: Ifd) -> bool:
    """Say whether a directory holds what a sensor saw."""
    return ifd.get(PHOTOMETRIC, (0,))[0] in _SENSOR_PHOTOMETRICS


def read_tiff(data: bytes) -> TiffStructure:
    """Read all directories: the chain of pages, their SubIFDs, EXIF and interoperability ones.

    The header may be TIFF's own or that of ORF and RW2, which put other bytes for the number 42.
    BigTIFF, and what is no TIFF at all, give nothing.
    """
    order = _BYTE_ORDERS.get(data[:4])
    if order is None or len(data) < 8:
        return TiffStructure()
    waiting = deque(struct.unpack_from(order + "I", data, 4))
    seen: set[int] = set()
    ifds: list[Ifd] = []
    cut_off = False
    while waiting and len(ifds) < _MAX_IFDS:
        offset = waiting.popleft()
        if offset == 0 or offset in seen:
            continue
        seen.add(offset)
        try:
            ifd, following = _read_ifd(data, order, offset)
        except struct.error:
            cut_off = True
            continue
        ifds.append(ifd)
        for tag in (SUB_IFDS, EXIF_IFD, INTEROP_IFD):
            waiting.extend(ifd.get(tag, ()))
        waiting.append(following)
    return TiffStructure(tuple(ifds), cut_off or any(_ends_after(i, len(data)) for i in ifds))


def is_adobe_rgb(tiff: TiffStructure) -> bool:
    """Say whether EXIF names Adobe RGB, as cameras do that embed no profile: DCF 2.0, 3.3.5.2."""
    return any(
        ifd.get(INTEROP_INDEX, ())[:3] == _ADOBE_RGB_INDEX or ifd.get(COLOR_SPACE) == (2,)
        for ifd in tiff.ifds
    )


def _read_ifd(data: bytes, order: str, offset: int) -> tuple[Ifd, int]:
    """Return a directory's tags and the offset of the next; struct.error where it is cut off."""
    (count,) = struct.unpack_from(order + "H", data, offset)
    (following,) = struct.unpack_from(order + "I", data, offset + 2 + 12 * count)
    ifd: dict[int, tuple[int, ...]] = {}
    for entry in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from(order + "HHI", data, entry)
        # The first of a repeated tag counts, which also bounds the work on a hostile file.
        if tag not in _WANTED_TAGS or tag in ifd:
            continue
        if kind not in _FORMATS or not 0 < length <= _MAX_VALUES:
            continue
        packing = f"{order}{length}{_FORMATS[kind]}"
        at = entry + 8
        if struct.calcsize(packing) > 4:
            (at,) = struct.unpack_from(order + "I", data, entry + 8)
        if at + struct.calcsize(packing) <= len(data):
            ifd[tag] = struct.unpack_from(packing, data, at)
    return ifd, following


def _ends_after(ifd: Ifd, size: int) -> bool:
    return any(
        offset + length > size and offset != _NOWHERE
        for offsets, lengths in _DATA_TAGS
        for offset, length in zip(ifd.get(offsets, ()), ifd.get(lengths, ()), strict=False)
    )
