"""KSPLAT, the format of GaussianSplats3D: headers, and the bytes of one Gaussian.

Format: github.com/mkkellogg/GaussianSplats3D, `SplatBuffer.js`, version 0.1. All little-endian.

    4096 bytes   header
    1024 bytes   header of each section
    sections     lengths of buckets that are not full (u32 each), centres of all buckets
                 (3 x float32 each), then the Gaussians, bucket by bucket

Of a Gaussian, by the compression level of the file:

    level  centre          scale        rotation w x y z  colour and opacity  harmonics
    0      3 x float32     3 x float32  4 x float32       4 bytes             float32
    1      3 x u16         3 x float16  4 x float16       4 bytes             float16
    2      as level 1                                                         bytes

A centre of 16 bits is in units of `block / 2 / range`, around the centre of its bucket. Scales are
metres, colours sRGB. The numbers of positions and rotations are those of the PLY: RDF.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from schemas.errors import FormatError

HEADER_BYTES = 4096
SECTION_HEADER_BYTES = 1024
CENTER_BYTES = 12  # of a bucket

# versions, 2 unused, most sections, sections, most Gaussians, Gaussians, compression level
_HEADER = struct.Struct("<BBxxIIIIH")
# Gaussians, most Gaussians, bucket size, buckets, block size, bytes of a bucket's centre, range,
# bytes of the section, full buckets, other buckets, degree of harmonics
_SECTION = struct.Struct("<IIIIfHxxIIIIH")

_VERSION = (0, 1)
_LEVELS = (0, 1, 2)
_MOST_SECTIONS = 1 << 12  # its own writer makes one for every 262,144 Gaussians
_DEFAULT_RANGE = 32767
_HARMONICS = (0, 9, 24, 45)  # numbers above degree 0, for degrees 0 to 3


class Header(NamedTuple):
    """What the first header says that reading needs."""

    sections: int
    level: int


class Section(NamedTuple):
    """What the header of a section says."""

    gaussians: int
    bucket_size: int  # Gaussians of a full bucket
    full_buckets: int
    other_buckets: int  # each with its own number of Gaussians
    centers_bytes: int  # of all buckets
    step: float  # metres of a unit of a 16-bit centre
    zero: int  # the 16-bit number of a bucket's centre
    degree: int  # of harmonics


def parse_header(content: bytes) -> Header:
    """Parse the header of a file. Raises FormatError if it cannot be read."""
    if len(content) < HEADER_BYTES:
        raise FormatError("it is not a KSPLAT, or ends within its header")
    major, minor, sections, _, _, _, level = _HEADER.unpack_from(content)
    if (major, minor) != _VERSION:
        raise FormatError(f"it is no KSPLAT, or of version {major}.{minor}; 0.1 can be read")
    if level not in _LEVELS:
        raise FormatError(f"its compression level is {level}; 0 to 2 can be read")
    if not 1 <= sections <= _MOST_SECTIONS:
        raise FormatError(f"it says that it has {sections} sections")
    return Header(sections, level)


def parse_section(content: bytes, index: int, level: int) -> Section:
    """Parse the header of a section. Raises FormatError if it makes no sense."""
    start = HEADER_BYTES + index * SECTION_HEADER_BYTES
    if len(content) < start + SECTION_HEADER_BYTES:
        raise FormatError(f"it ends within the header of section {index}")
    fields = _SECTION.unpack_from(content, start)
    _, gaussians, bucket_size, buckets, block, center_bytes, steps, _, full, other, degree = fields
    if degree >= len(_HARMONICS):
        raise FormatError(f"its harmonics are of degree {degree}; 3 is the highest")
    if level == 0:  # buckets mean nothing then, but some writers leave them in the file
        return Section(gaussians, 0, 0, other, center_bytes * buckets, 1.0, 0, degree)
    if center_bytes != CENTER_BYTES or full + other != buckets:
        raise FormatError(f"the buckets of section {index} do not add up")
    if not (np.isfinite(block) and block > 0):
        raise FormatError(f"the buckets of section {index} have a size of {block:.3g} m")
    zero = steps or _DEFAULT_RANGE
    step, centers_bytes = block / 2 / zero, center_bytes * buckets
    return Section(gaussians, bucket_size, full, other, centers_bytes, step, zero, degree)


def row_dtype(level: int, degree: int) -> np.dtype[np.void]:
    """Return the packed dtype of one Gaussian."""
    center, real = ("<f4", "<f4") if level == 0 else ("<u2", "<f2")
    harmonic = ("<f4", "<f2", "u1")[level]
    return np.dtype(
        [
            ("center", center, 3),
            ("scale", real, 3),
            ("rotation", real, 4),
            ("color", "u1", 4),
            ("harmonics", harmonic, _HARMONICS[degree]),
        ]
    )
