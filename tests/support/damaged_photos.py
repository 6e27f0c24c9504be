"""Photo files damaged at random: bits, lengths, pieces, the end. The same seed, the same file.

Lengths are damaged where a container keeps them, and checksums of PNG made to fit again, since most
readers stop at the first wrong one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from pipeline.scan.media_type import media_type
from pipeline.scan.name_rules import PHOTO_SUFFIXES
from schemas.records import MediaType
from sharp_core.containers import isobmff, jpeg, png, webp
from sharp_core.containers.tiff import TiffReader

MOST_BYTES = 3 << 20  # of a file to start from: larger ones take long and teach no more
_HEADER = 4096
_NUMBERS = (
    0,
    1,
    2,
    3,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
_BOXES = (MediaType.HEIF, MediaType.AVIF, MediaType.JXL)


def photo_files(folder: Path) -> list[Path]:
    """Return the files below a folder that may be photos, in a stable order."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in PHOTO_SUFFIXES
        and path.is_file()
        and 0 < path.stat().st_size <= MOST_BYTES
    ]


def damaged(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Return a file with one to three damages; pieces may come from other files."""
    for _ in range(random.choice((1, 1, 2, 3))):
        if data:
            damage = random.choice(_DAMAGES)
            data = damage(data, random) if random.random() < 0.9 else _spliced(data, others, random)
    is_png = data.startswith(b"\x89PNG")
    return _with_checksums(data) if is_png and random.random() < 0.7 else data


def _bits(data: bytes, random: Random) -> bytes:
    made = bytearray(data)
    within = random.choice((_HEADER, len(data)))
    for _ in range(random.choice((1, 2, 8, 30))):
        made[random.randrange(min(within, len(data)))] ^= 1 << random.randrange(8)
    return bytes(made)


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(random.choice((min(_HEADER, len(data)), len(data))))]


def _number(data: bytes, random: Random) -> bytes:
    """Write another number where the container has a length, a count, an offset or a type."""
    places = _numbers_in(data) or [random.randrange(len(data))]
    at, size = random.choice(places), random.choice((1, 2, 4, 4))
    numbers = (random.choice(_NUMBERS), len(data), random.getrandbits(32), random.randrange(100))
    number = random.choice(numbers) % (1 << 8 * size)
    return data[:at] + number.to_bytes(size, random.choice(("big", "little"))) + data[at + size :]


def _removed(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + data[at + random.choice((1, 2, 4, 100, 5000)) :]


def _repeated(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data)), random.choice((1, 4, 100, 5000))
    return data[:at] + data[at : at + size] * random.choice((2, 2, 20)) + data[at + size :]


def _zeroed(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data)), random.choice((4, 512, 4096, 1 << 16))
    return (data[:at] + bytes(size) + data[at + size :])[: len(data)]


_DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_bits, _bits, _cut, _number, _number, _number),
    *(_removed, _repeated, _zeroed),
)


def _spliced(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Return the start of a file and the end of another one."""
    other = random.choice(others)
    return data[: random.randrange(len(data))] + other[random.randrange(len(other)) :]


def _numbers_in(data: bytes) -> list[int]:
    """Return where a container keeps numbers that lead a reader."""
    kind = media_type(data[:_HEADER])
    match kind:
        case MediaType.JPEG:
            found = [at for s in jpeg.segments(data) for at in (s.start - 2, s.start + 1)]
            exif = data.find(b"Exif\0\0")
            found += [exif + 6 + at for at in _tiff_numbers(data[exif + 6 :])] if exif >= 0 else []
        case MediaType.PNG:
            found = [at for c in png.chunks(data) for at in (c.start - 8, c.start, c.start + 4)]
        case MediaType.WEBP:
            found = [at for c in webp.chunks(data) for at in (c.start - 4, c.start)]
        case _ if kind in _BOXES:
            found = _box_numbers(data, 0, len(data), 0)
        case _:
            found = _tiff_numbers(data)
    return [at for at in found if 0 <= at < len(data)]


def _box_numbers(data: bytes, start: int, end: int, depth: int) -> list[int]:
    found = []
    for box in isobmff.boxes(data, start, end):
        found += [box.start - 8, *range(box.start, min(box.end, box.start + 40), 2)]
        inside = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"iinf": 6, b"iref": 4}.get(box.kind)
        if inside is not None and depth < 4:
            found += _box_numbers(data, box.start + inside, box.end, depth + 1)
    return found


def _tiff_numbers(data: bytes) -> list[int]:
    first = TiffReader(data).first_offset
    if not 0 < first < len(data) - 2:
        return []
    order = "<" if data.startswith(b"I") else ">"
    (count,) = struct.unpack_from(order + "H", data, first)
    entries = range(first + 2, first + 2 + 12 * min(count, 200), 12)
    return [4, first, *(at + n for at in entries for n in (0, 2, 4, 8))]


def _with_checksums(data: bytes) -> bytes:
    made = bytearray(data)
    for _, start, end in png.chunks(data):
        if end + 4 <= len(data):
            made[end : end + 4] = zlib.crc32(data[start - 4 : end]).to_bytes(4, "big")
    return bytes(made)
