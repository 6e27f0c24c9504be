"""The chunks of a WebP file (RIFF, as the WebP container specification has it)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

LONGEST_SIDE = 16383  # of an image, in pixels

_HEADER_BYTES = 12  # "RIFF", a length, "WEBP"


class RiffChunk(NamedTuple):
    """A chunk: its kind, and where its content lies, which may be beyond a damaged file's end."""

    kind: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[RiffChunk]:
    """Yield the chunks of a whole file."""
    at = _HEADER_BYTES
    while at + 8 <= len(data):
        start = at + 8
        end = start + int.from_bytes(data[at + 4 : start], "little")
        yield RiffChunk(data[at : at + 4], start, end)
        at = end + end % 2


def is_cut_off(data: bytes) -> bool:
    """Say whether the file is shorter than it says."""
    return 8 + int.from_bytes(data[4:8], "little") > len(data)
