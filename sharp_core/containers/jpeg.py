"""The segments of a JPEG stream, without decoding it (ITU-T T.81, annex B).

In: bytes, and where a stream starts in them. Out: its segments, its frame header, where it ends.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

START = b"\xff\xd8\xff"  # the marker SOI and the first byte of the next
END = b"\xff\xd9"  # the marker EOI
APP0, APP1, APP2, APP3, APP13 = 0xE0, 0xE1, 0xE2, 0xE3, 0xED
_EXIF = b"Exif\0"
_SCAN = 0xDA
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})  # without a length: TEM, RSTn
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn
_HUFFMAN_DCT_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
_MAX_JUNK = 64  # bytes between segments, or before what a segment is named by
_PHOTOSHOP = b"Photoshop 3.0\0"
_MARKER_IN_SCAN_DATA = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # but for RSTn
_MAX_SEGMENTS = 2000  # before the first scan: 128 MB at most, so the walk has an end


class Segment(NamedTuple):
    """A segment with content: its marker's second byte, and where its content lies."""

    marker: int
    start: int
    end: int  # as the segment says, which may lie beyond the end of a damaged file


class JpegFrame(NamedTuple):
    """A frame header: size in pixels as stored, and where the first scan's data begin."""

    width: int
    height: int
    marker: int  # SOFn, its second byte
    bits: int  # of each sample
    components: int
    scan_start: int  # byte offset
    scan_components: int  # of the first scan

    @property
    def is_image(self) -> bool:
        """Whether viewers show it. Raw files keep sensor data as lossless or 12-bit JPEG."""
        ordinary = self.marker in _HUFFMAN_DCT_FRAMES and self.bits == 8
        return ordinary and self.components in (1, 3) and self.width > 0 and self.height > 0

    @property
    def is_sequential(self) -> bool:
        """Whether each component comes in one pass, in Huffman codes."""
        return self.marker in (0xC0, 0xC1)

    @property
    def is_one_scan(self) -> bool:
        """Whether a sequential image is in one scan: the first holds all components."""
        return self.is_sequential and self.scan_components == self.components

    @property
    def is_progressive(self) -> bool:
        """Whether the components come in several passes."""
        return self.marker == 0xC2


def segments(data: bytes, start: int = 0) -> Iterator[Segment]:
    """Yield the segments of the stream at `start`, that of the first scan's header last.

    Where the stream is damaged or cut off, the segments before that place are all there is.
    """
    at = start + 2
    for _ in range(_MAX_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":  # padding
            at += 1
        header = data[at : at + 4]
        if len(header) == 4 and header[0] != 0xFF and at > start + 2:
            at = data.find(b"\xff", at, at + _MAX_JUNK)
            header = data[at : at + 4] if at >= 0 else b""
        if len(header) < 4 or header[0] != 0xFF or header[1] in (0, START[1]):
            return
        marker = header[1]
        if marker in _BARE_MARKERS:
            at += 2
            continue
        end = at + 2 + (header[2] << 8 | header[3])
        yield Segment(marker, at + 4, end)
        if marker == _SCAN:
            return
        at = end


def reaches_scan(data: bytes) -> bool:
    """Tell whether the beginning of a stream reaches its first scan, behind all metadata."""
    return any(marker == _SCAN for marker, _, _ in segments(data))


def exif_contents(data: bytes) -> Iterator[bytes]:
    """Yield what a stream holds as EXIF: segments APP1 by that name (Exif 3.0, 4.5.4)."""
    for marker, start, end in segments(data):
        if marker == APP1:
            at = data.find(_EXIF, start, min(end, start + _MAX_JUNK))
            if at >= 0:
                yield data[at:end]


def photoshop_resources(data: bytes) -> bytes:
    """Return Photoshop's image resources, which may take several segments APP13."""
    return b"".join(
        data[start + len(_PHOTOSHOP) : end]
        for marker, start, end in segments(data)
        if marker == APP13 and data.startswith(_PHOTOSHOP, start)
    )


def read_frame(data: bytes, start: int = 0) -> JpegFrame | None:
    """Return the frame header of the stream at `start`; None if there is none, or it is cut off."""
    frame: tuple[int, int, int, int, int] | None = None
    for marker, content, end in segments(data, start):
        if marker in _FRAMES and content + 6 <= len(data):
            bits, height, width, components = struct.unpack_from(">BHHB", data, content)
            frame = (width, height, marker, bits, components)
        if marker == _SCAN and frame is not None:
            return JpegFrame(*frame, end, data[content] if content < len(data) else 0)
    return None


def find_end(data: bytes, scan_start: int) -> int | None:
    """Return the offset after the stream's end marker; None if it is cut off.

    Scan data never hold the marker's bytes: they write 0xFF as 0xFF00.
    """
    at = data.find(END, scan_start)
    return None if at < 0 else at + len(END)


def count_scans(data: bytes, scan_start: int) -> int:
    """Return how many scans a stream has, the first one's data at `scan_start`."""
    count, at = 1, scan_start
    while (found := _MARKER_IN_SCAN_DATA.search(data, at)) is not None:
        marker, at = found[0][1], found.end()
        if marker == END[1]:
            break
        count += marker == _SCAN
        if marker not in _BARE_MARKERS:
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
    return count


def segment_bytes(marker: int, content: bytes) -> bytes:
    """Return a segment with its marker and length."""
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def end_of_metadata(data: bytes) -> int:
    """Return the offset behind a stream's JFIF and Exif segments, where the next ones belong."""
    at = len(START) - 1
    for marker, _, end in segments(data):
        if marker not in (APP0, APP1):
            break
        at = end
    return at
