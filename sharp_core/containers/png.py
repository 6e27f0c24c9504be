"""The chunks of a PNG file that its picture is made of (PNG, third edition, chapter 5).

In: the whole file. Out: the file without what only describes it: texts that unpack to gigabytes,
animations with a broken plan and notes with a wrong checksum are no reason to lose a photo.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from sharp_core.containers.cicp import Cicp

_SIGNATURE_BYTES = 8
_FRAME_BYTES = 12  # length, kind and checksum of a chunk
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_USED = (b"tRNS", b"iCCP", b"eXIf")  # transparency, and what colours are told by
_CICP = b"cICP"


def picture_chunks(data: bytes) -> bytes:
    """Return the file with the chunks that decoding needs, and nothing after the last of them."""
    parts = [data[:_SIGNATURE_BYTES]]
    for kind, start, end in _chunks(data):
        if kind in _CRITICAL or (kind in _USED and _is_sound(data, start, end)):
            parts.append(data[start:end])
    return b"".join(parts)


def read_cicp(data: bytes) -> Cicp | None:
    """Return the colours that the file gives by numbers (11.3.2.6), if it does."""
    for kind, start, end in _chunks(data):
        if kind == _CICP and end - start == _FRAME_BYTES + 4 and _is_sound(data, start, end):
            return Cicp(data[start + 8], data[start + 9])
        if kind == b"IDAT":
            break
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of each chunk up to IEND; the last may be cut off."""
    start = _SIGNATURE_BYTES
    kind = b""
    while start < len(data) and kind != b"IEND":
        kind = data[start + 4 : start + 8]
        end = start + _FRAME_BYTES + int.from_bytes(data[start : start + 4], "big")
        yield kind, start, end
        start = end


def _is_sound(data: bytes, start: int, end: int) -> bool:
    return zlib.crc32(data[start + 4 : end - 4]).to_bytes(4, "big") == data[end - 4 : end]
