"""SPZ, the compressed splat format of Niantic: headers and encoding of values.

Format: github.com/nianticlabs/spz. Versions 1 to 3 are one gzip stream of a header of 16 bytes and
then one block for each attribute; version 4 is a header of 32 bytes, a table, and one Zstandard
frame for each attribute. All little-endian. Blocks hold all Gaussians, in this order:

    positions  3 x 24 bits, signed, in units of 2^-fractional_bits metres (version 1: float16)
    alphas     opacity from 0 to 255
    colors     3 bytes, (0.15 f_dc + 0.5) * 255
    scales     3 bytes, 16 (ln s + 10), s in metres
    rotations  4 bytes: the index in x y z w of the largest component in the top 2 bits, then for
               each of the others a sign and 9 bits of magnitude, 511 for sqrt(1/2)
               (versions 1 and 2: 3 bytes, x y z from -1 to 1, w positive)
    harmonics  3 bytes for each above degree 0

Axes: the page of the format says RUB (right, up, back), and so do some readers, while common
converters write the numbers of the PLY, which is RDF. An extension record states them.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from schemas.errors import FormatError

MAGIC = 0x5053474E
# magic, version, points, degree of harmonics, fractional bits, flags, reserved
LEGACY_HEADER = struct.Struct("<IIIBBBB")
# the same with the number of frames instead of the reserved byte, then where the table begins
HEADER_4 = struct.Struct("<IIIBBBBI12x")
TABLE_ENTRY = struct.Struct("<QQ")  # bytes of a frame, and of what it holds
EXTENSION = struct.Struct("<II")  # type, bytes of payload

FLAG_ANTIALIASED = 0x01
FLAG_EXTENSIONS = 0x02
FLAG_LEVELS_OF_DETAIL = 0x80  # a private extension of Spark: its points are a tree, not the scene
EXTENSION_AXES = 0xADBE0003

# Axes by their number in an extension record; 0 is unspecified.
AXES_NUMBERS = (
    *(None, "LDB", "RDB", "LUB", "RUB", "LDF", "RDF", "LUF", "RUF"),
    *("LBD", "RBD", "LBU", "RBU", "LFD", "RFD", "LFU", "RFU"),
)

COLOR_SCALE = 0.15
SCALE_STEPS = 16.0  # a unit of ln(s)
SCALE_OFFSET = 10.0
ROTATION_STEPS = 511.0
LARGEST_POSITION = (1 << 23) - 1

_HARMONICS = (0, 3, 8, 15, 24)  # above degree 0, for degrees 0 to 4


class SpzHeader(NamedTuple):
    """The fields that both kinds of header have."""

    version: int
    points: int
    degree: int
    fractional_bits: int
    flags: int

    def check(self) -> None:
        """Raise FormatError if this version or feature is not supported."""
        if not 1 <= self.version <= 4:
            raise FormatError(f"it is SPZ version {self.version}; 1 to 4 can be read")
        if self.degree >= len(_HARMONICS):
            raise FormatError(f"its harmonics are of degree {self.degree}; 4 is the highest")
        if self.fractional_bits > 30:
            raise FormatError(f"its positions have {self.fractional_bits} fractional bits")
        if self.flags & FLAG_LEVELS_OF_DETAIL:
            raise FormatError("it holds levels of detail, which only Spark can read")

    def block_widths(self) -> tuple[int, int, int, int, int, int]:
        """Return the bytes per point of each block."""
        return (
            6 if self.version == 1 else 9,
            1,
            3,
            3,
            3 if self.version <= 2 else 4,
            3 * _HARMONICS[self.degree],
        )
