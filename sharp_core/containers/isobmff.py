"""The boxes of ISO base media files (ISO/IEC 14496-12), which HEIF, AVIF and MP4 are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Box(NamedTuple):
    """A box: its kind, and where its content begins and should end, in bytes."""

    kind: bytes
    start: int
    end: int


class BoxReader:
    """Takes big-endian numbers off a box, one after another; EOFError at its end."""

    def __init__(self, data: bytes, box: Box) -> None:
        self._data = data
        self._at = box.start
        self._end = min(box.end, len(data))

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self._end - self._at

    def raw(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        at = self._at
        if at + size > self._end:
            raise EOFError
        self._at = at + size
        return self._data[at : at + size]

    def uint(self, size: int) -> int:
        """Return the next number, of `size` bytes; one of no bytes is zero."""
        return int.from_bytes(self.raw(size), "big")

    def sint(self, size: int) -> int:
        """Return the next number, of `size` bytes, in two's complement."""
        return int.from_bytes(self.raw(size), "big", signed=True)

    def full_box(self) -> tuple[int, int]:
        """Return the version and the flags that open the content of some boxes."""
        return self.uint(1), self.uint(3)


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes that lie side by side between two offsets. Their ends are as they say."""
    end = len(data) if end is None else min(end, len(data))
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        content = start + 8
        if size == 1:
            size = int.from_bytes(data[content : content + 8], "big")
            content += 8
        box_end = end if size == 0 else start + size
        if box_end < content:
            return
        yield Box(data[start + 4 : start + 8], content, box_end)
        start = box_end


def box_bytes(kind: bytes, content: bytes) -> bytes:
    """Return a box with its header."""
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def full_box_bytes(kind: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box that opens with a version and flags."""
    return box_bytes(kind, bytes([version]) + flags.to_bytes(3, "big") + content)
