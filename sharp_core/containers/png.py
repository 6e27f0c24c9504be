"""The chunks of a PNG file: those that its picture is made of, and those that describe it.

Layout: PNG, third edition, chapters 5 and 11. Nothing here raises on damaged input.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from sharp_core.containers.cicp import Cicp

_SIGNATURE_BYTES = 8
_BEFORE, _AFTER = 8, 4  # bytes of a chunk around its content: length and kind; checksum
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_USED = (b"tRNS", b"iCCP", b"eXIf")  # transparency, and what colours are told by


class Chunk(NamedTuple):
    """A chunk: its kind, and where its content lies, which may be beyond a damaged file's end."""

    kind: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a whole file up to IEND."""
    at = _SIGNATURE_BYTES
    kind = b""
    while at < len(data) and kind != b"IEND":
        kind = data[at + 4 : at + _BEFORE]
        start = at + _BEFORE
        end = start + int.from_bytes(data[at : at + 4], "big")
        yield Chunk(kind, start, end)
        at = end + _AFTER


def picture_chunks(data: bytes) -> bytes:
    """Return the file with the chunks that decoding needs, and nothing after the last of them.

    Texts that unpack to gigabytes, animations with a broken plan and notes with a wrong checksum
    are no reason to lose a photo.
    """
    kept = (
        data[chunk.start - _BEFORE : chunk.end + _AFTER]
        for chunk in chunks(data)
        if chunk.kind in _CRITICAL or (chunk.kind in _USED and _is_sound(data, chunk))
    )
    return data[:_SIGNATURE_BYTES] + b"".join(kept)


def read_cicp(data: bytes) -> Cicp | None:
    """Return the colours that the file gives by numbers (11.3.2.6), if it does."""
    for chunk in chunks(data):
        if chunk.kind == b"cICP" and chunk.end - chunk.start == 4 and _is_sound(data, chunk):
            return Cicp(data[chunk.start], data[chunk.start + 1])
        if chunk.kind == b"IDAT":
            break
    return None


def has_end(data: bytes) -> bool:
    """Say whether the chunk that ends a file is there."""
    return b"IEND" in data


def _is_sound(data: bytes, chunk: Chunk) -> bool:
    checksum = zlib.crc32(data[chunk.start - 4 : chunk.end]).to_bytes(4, "big")
    return data[chunk.end : chunk.end + _AFTER] == checksum
