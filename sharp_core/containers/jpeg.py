"""The outline of a JPEG stream, without decoding it (ITU-T T.81, annex B).

In: bytes, and where a stream starts in them. Out: its frame header and where it ends.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

START = b"\xff\xd8\xff"  # the marker SOI and the first byte of the next
END = b"\xff\xd9"  # the marker EOI
_SCAN = 0xDA
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})  # without a length: TEM, RSTn
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn
_HUFFMAN_DCT_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
_MAX_SEGMENTS = 2000  # before the first scan: 128 MB at most, so the walk has an end


class JpegFrame(NamedTuple):
    """A frame header: size in pixels as stored, and where the first scan's data begin."""

    width: int
    height: int
    marker: int  # SOFn, its second byte
    bits: int  # of each sample
    components: int
    scan_start: int  # byte offset

    @property
    def is_picture(self) -> bool:
        """Whether viewers show it. Raw files keep sensor data as lossless or 12-bit JPEG."""
        ordinary = self.marker in _HUFFMAN_DCT_FRAMES and self.bits == 8
        return ordinary and self.components in (1, 3) and self.width > 0 and self.height > 0

    @property
    def is_progressive(self) -> bool:
        """Whether the whole picture comes in several passes."""
        return self.marker == 0xC2


def read_frame(data: bytes, start: int = 0) -> JpegFrame | None:
    """Return the frame header of the stream at `start`; None if there is none, or it is cut off."""
    at = start + 2
    frame: tuple[int, int, int, int, int] | None = None
    try:
        for _ in range(_MAX_SEGMENTS):
            while data[at] == data[at + 1] == 0xFF:  # padding
                at += 1
            marker = data[at + 1]
            if data[at] != 0xFF or marker == START[1]:
                return None
            if marker in _BARE_MARKERS:
                at += 2
                continue
            (length,) = struct.unpack_from(">H", data, at + 2)
            if marker in _FRAMES:
                bits, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
                frame = (width, height, marker, bits, components)
            at += 2 + length
            if marker == _SCAN:
                return JpegFrame(*frame, at) if frame else None
    except (IndexError, struct.error):
        pass
    return None


def find_end(data: bytes, scan_start: int) -> int | None:
    """Return the offset after the stream's end marker; None if it is cut off.

    Scan data never hold the marker's bytes: they write 0xFF as 0xFF00.
    """
    at = data.find(END, scan_start)
    return None if at < 0 else at + len(END)
