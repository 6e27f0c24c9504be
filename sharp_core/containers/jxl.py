"""The header and the metadata of a JPEG XL file, without decoding it (ISO/IEC 18181).

In: the bytes of a bare codestream or of a container of boxes. Out: the size and the orientation
that its header states, and its EXIF and XMP. Nothing here raises on damaged input.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from sharp_core.containers.isobmff import boxes

CODESTREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_METADATA = (b"Exif", b"xml ")
_WHOLE, _PART, _PACKED, _PACKED_JPEG = b"jxlc", b"jxlp", b"brob", b"jbrd"
_PART_NUMBER_BYTES = 4
_HEADER_BYTES = 32  # what is read of a header is in its first 12 bytes
_SIZE_BITS = (9, 13, 18, 30)
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_MOST_UNPACKED = 1 << 22  # bytes of metadata, at which unpacking stops


class JxlHeader(NamedTuple):
    """Size in pixels as stored, and EXIF's number of the turn that brings the image upright."""

    width: int
    height: int
    orientation: int


class _Bits:
    """Takes numbers off bytes, the least significant bit first; EOFError at the end."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise EOFError
        found = self._bits & (1 << count) - 1
        self._bits >>= count
        self._left -= count
        return found


def read_header(data: bytes) -> JxlHeader | None:
    """Read the start of the codestream (18181-1, D.2 and D.3); None where it is not there."""
    start = _codestream_start(data)
    if not start.startswith(CODESTREAM):
        return None
    bits = _Bits(start[len(CODESTREAM) :])
    try:
        is_small = bits.take(1)
        height = _size(bits, is_small)
        ratio = bits.take(3)
        if ratio:
            numerator, denominator = _RATIOS[ratio - 1]
            width = height * numerator // denominator
        else:
            width = _size(bits, is_small)
        all_default = bits.take(1)
        has_orientation = not all_default and bits.take(1)
        return JxlHeader(width, height, 1 + bits.take(3) if has_orientation else 1)
    except EOFError:
        return None


def is_packed_jpeg(data: bytes) -> bool:
    """Say whether the file is a JPEG that can be had again, byte by byte."""
    return data.startswith(CONTAINER) and any(box.kind == _PACKED_JPEG for box in boxes(data))


def metadata_boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of a container's boxes `Exif` and `xml `; a codestream has none.

    Packed ones are unpacked if the package brotli is installed, and left out otherwise.
    """
    if not data.startswith(CONTAINER):
        return
    for kind, start, end in boxes(data):
        is_packed = kind == _PACKED
        kept = data[start : start + 4] if is_packed else kind
        if kept in _METADATA:
            yield kept, _unpacked(data[start + 4 : end]) if is_packed else data[start:end]


def _codestream_start(data: bytes) -> bytes:
    if not data.startswith(CONTAINER):
        return data[:_HEADER_BYTES]
    found = b""
    for kind, start, end in boxes(data):
        if kind in (_WHOLE, _PART):
            part = data[start : min(end, start + _HEADER_BYTES)]
            found += part[_PART_NUMBER_BYTES:] if kind == _PART else part
            if len(found) >= _HEADER_BYTES:
                break
    return found


def _size(bits: _Bits, is_small: int) -> int:
    return 8 * (bits.take(5) + 1) if is_small else bits.take(_SIZE_BITS[bits.take(2)]) + 1


def _unpacked(content: bytes) -> bytes:
    """Unpack by brotli, up to a limit: a few bytes may stand for gigabytes."""
    try:
        import brotli
    except ImportError:
        return b""
    with suppress(brotli.error):
        found = brotli.Decompressor().process(content, output_buffer_limit=_MOST_UNPACKED)
        return bytes(found)
    return b""
