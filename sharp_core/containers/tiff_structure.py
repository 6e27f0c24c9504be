"""Which images a TIFF file holds, or a raw file built like one, and whether it is whole.

In: a file's bytes. Out: its directories with the tags that images are found by, as whole numbers.
Tags of raw files: DNG 1.7 and TIFF/EP (ISO 12234-2). Nothing here raises on damaged input.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from sharp_core.containers.tiff import TiffReader

Ifd = Mapping[int, tuple[int, ...]]  # tag number -> its values; text comes as its bytes

INTEROP_INDEX = 1  # of the interoperability directory
COMPRESSION = 259
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

_WANTED_TAGS = frozenset(
    {
        INTEROP_INDEX,
        COMPRESSION,
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
_IMAGE_PHOTOMETRICS = (0, 1, 2, 6)  # grey, RGB, YCbCr; not depth, masks and the sensor's own
_SENSOR_PHOTOMETRICS = (32803, 34892)  # colour filter array, linear raw
_ADOBE_RGB_INDEX = tuple(b"R03")
_NOWHERE = 0xFFFFFFFF  # the offset that RW2 writes where a private tag holds the true one
_MAX_IFDS = 64


class TiffStructure(NamedTuple):
    """What was found: directories in the order met, the first one of the file first."""

    ifds: tuple[Ifd, ...] = ()
    cut_off: bool = False  # a directory, or data that one points to, lies beyond the end


def read_tiff(data: bytes) -> TiffStructure:
    """Read all directories: the chain of pages, their SubIFDs, EXIF and interoperability ones.

    The header may be TIFF's own or that of ORF and RW2, which put other bytes for the number 42.
    BigTIFF, and what is no TIFF at all, give nothing.
    """
    reader = TiffReader(data)
    waiting = deque([reader.first_offset])
    seen: set[int] = set()
    ifds: list[Ifd] = []
    cut_off = False
    while waiting and len(ifds) < _MAX_IFDS:
        offset = waiting.popleft()
        if offset == 0 or offset in seen:
            continue
        seen.add(offset)
        entries, next_offset, is_cut_off = reader.directory(offset, _WANTED_TAGS)
        cut_off |= is_cut_off
        found = {tag: entry.integers() for tag, entry in entries.items()}
        ifd = {tag: values for tag, values in found.items() if values}
        ifds.append(ifd)
        for tag in (SUB_IFDS, EXIF_IFD, INTEROP_IFD):
            waiting.extend(ifd.get(tag, ()))
        waiting.append(next_offset)
    return TiffStructure(tuple(ifds), cut_off or any(_ends_after(i, len(data)) for i in ifds))


def orientation(tiff: TiffStructure) -> int | None:
    """Return the first directory's orientation, if it has one."""
    return tiff.ifds[0].get(ORIENTATION, (None,))[0] if tiff.ifds else None


def is_image(ifd: Ifd) -> bool:
    """Say whether what a directory holds is made to be looked at."""
    return ifd.get(PHOTOMETRIC, (0,))[0] in _IMAGE_PHOTOMETRICS


def is_sensor_data(ifd: Ifd) -> bool:
    """Say whether a directory holds what a sensor saw."""
    return ifd.get(PHOTOMETRIC, (0,))[0] in _SENSOR_PHOTOMETRICS


def is_adobe_rgb(tiff: TiffStructure) -> bool:
    """Say whether EXIF names Adobe RGB, as cameras do that embed no profile: DCF 2.0, 3.3.5.2."""
    return any(
        ifd.get(INTEROP_INDEX, ())[:3] == _ADOBE_RGB_INDEX or ifd.get(COLOR_SPACE) == (2,)
        for ifd in tiff.ifds
    )


def _ends_after(ifd: Ifd, size: int) -> bool:
    return any(
        offset + length > size and offset != _NOWHERE
        for offsets, lengths in _DATA_TAGS
        for offset, length in zip(ifd.get(offsets, ()), ifd.get(lengths, ()), strict=False)
    )
