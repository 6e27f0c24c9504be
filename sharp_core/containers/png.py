"""The chunks of a PNG file: those that its image is made of, and those that describe it.

Layout: PNG, third edition, chapters 5 and 11. Nothing here raises on damaged input.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from sharp_core.containers.cicp import Chromaticities, Cicp, MeasuredColors

_SIGNATURE_BYTES = 8
_BEFORE, _AFTER = 8, 4  # bytes of a chunk around its content: length and kind; checksum
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_USED = (b"tRNS", b"iCCP", b"eXIf")  # transparency, and what colours are told by

_UNIT = 100_000  # of the numbers in gAMA and cHRM
_SRGB_GAMMA, _SAME_GAMMA = 0.45455, 0.05  # less is not seen: libpng's own threshold
_GAMMAS = (0.1, 5.0)
_SRGB = Chromaticities((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_SAME_POINT = 0.005
_LEAST_AREA = 0.01  # of the triangle of primaries; sRGB's has 0.22


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


def image_chunks(data: bytes) -> bytes:
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


def read_measured_colors(data: bytes) -> MeasuredColors | None:
    """Return the colours that gAMA and cHRM give, if they are not sRGB's (11.3.2.1 and 11.3.2.2).

    A profile, or the statement that colours are sRGB's, counts before them.
    """
    gamma = chromaticities = None
    for chunk in chunks(data):
        content = data[chunk.start : chunk.end]
        if chunk.kind in (b"IDAT", b"sRGB", b"iCCP"):
            if chunk.kind != b"IDAT" and _is_sound(data, chunk):
                return None
            if chunk.kind == b"IDAT":
                break
        elif chunk.kind == b"gAMA" and len(content) == 4 and _is_sound(data, chunk):
            gamma = _gamma(int.from_bytes(content, "big"))
        elif chunk.kind == b"cHRM" and len(content) == 32 and _is_sound(data, chunk):
            chromaticities = _chromaticities(content)
    found = MeasuredColors(gamma, chromaticities)
    return None if found == (None, None) else found


def _gamma(stored: int) -> float | None:
    """Return an exponent; None where it is as good as sRGB's, or none at all."""
    gamma = stored / _UNIT
    is_srgb = abs(gamma / _SRGB_GAMMA - 1) < _SAME_GAMMA
    return None if is_srgb or not _GAMMAS[0] <= gamma <= _GAMMAS[1] else gamma


def _chromaticities(content: bytes) -> Chromaticities | None:
    """Return four points; None where they are sRGB's, or those of no display."""
    numbers = [value / _UNIT for value in struct.unpack(">8I", content)]
    points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    found = Chromaticities(*points)
    same = all(
        abs(a - b) < _SAME_POINT
        for point, other in zip(found, _SRGB, strict=True)
        for a, b in zip(point, other, strict=True)
    )
    (rx, ry), (gx, gy), (bx, by) = found.red, found.green, found.blue
    area = abs((gx - rx) * (by - ry) - (bx - rx) * (gy - ry))
    possible = area > _LEAST_AREA and all(y > 0 and x + y <= 1 for x, y in points)
    return found if possible and not same else None


def has_end(data: bytes) -> bool:
    """Say whether the chunk that ends a file is there."""
    return b"IEND" in data


def _is_sound(data: bytes, chunk: Chunk) -> bool:
    checksum = zlib.crc32(data[chunk.start - 4 : chunk.end]).to_bytes(4, "big")
    return data[chunk.end : chunk.end + _AFTER] == checksum
